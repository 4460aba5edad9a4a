"""What a deployment in Knative mode goes through: another template, another percentage, another scale.

What is recorded is followed, never the other way round: each change begins by bringing the percentage to the
recorded route, which is where a client that was killed between its record and that has left off.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, DISRUPTION_BUDGET, SERVICE_ACCOUNT
from platformctl.adapters.cluster.api.objects import label, mapping, name, number, owned
from platformctl.adapters.cluster.knative.seen import Seen, is_served, percentage, whose
from platformctl.adapters.cluster.knative.services import MADE_SECONDS, SERVED_SECONDS, Services
from platformctl.adapters.cluster.observing import knative as observing
from platformctl.domain import manifests
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import DeadlinePassed, NotFound, Refused
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.route import WHOLE, Route
from platformctl.plan import upkeep
from platformctl.render import knative

DRAIN_SECONDS = 2.0
"""Between the end of a revision's share and the removal of its pods, which then finish what they have."""

Say = Callable[[str], object]

_GLANCE_SECONDS = 3.0
"""After which it is asked whether there is hope."""

_AUTOSCALING = "autoscaling.knative.dev/"
_SCALED = ("minReplicas", "maxReplicas", "scaleTarget", "scaleMetric")
_OTHERS = (CONFIG_MAP, SERVICE_ACCOUNT, DISRUPTION_BUDGET)


class Changes:
    """The changes of deployments in a namespace.

    Args:
        api: The cluster.
        shape: What is known of it.
        services: Its InferenceServices.
        timeout: How long a revision may take to get ready where no use case waits for it.
        say: Tells what takes its time.
    """

    def __init__(self, api: Api, shape: Shape, services: Services, timeout: timedelta, say: Say) -> None:
        self._api = api
        self._shape = shape
        self._services = services
        self._timeout = timeout.total_seconds()
        self._say = say

    def follow(self, deployment: Name, route: Route) -> None:
        """Bring the percentage to a route, and return when that is served.

        Raises:
            Conflict: Somebody else has set the percentage.
            DeadlinePassed: It was still not served.
        """
        seen = self._services.look(deployment)
        if seen.service is None or not route.weights:
            return
        if not is_served(seen, route):
            if seen.template in route.weights and dict(seen.shares) != dict(route.weights):
                seen = self._services.await_ready(deployment, SERVED_SECONDS)
            self._services.give(deployment, percentage(seen, route))
            seen = self._services.await_served(deployment, route)
        if seen.is_newest_ready and seen.surplus:
            self._tidy(deployment, seen)

    def prepare(self, revision: Revision, scale: Scale, rollout: Rollout, *, has_failed: bool) -> None:
        """Make a revision the template, with no weight; or scale it, where it is that; or start it anew.

        Raises:
            SpecError: Something of it has no place in Knative mode.
            Conflict: Somebody else has edited the template.
        """
        deployment, base = revision.deployment, _base(rollout, revision.id, scale)
        seen = self._services.look(deployment)
        self._make_others(revision, base, seen.service)
        wanted = self._rendered(revision, base, WHOLE)
        if seen.template != revision.id or has_failed or not _is_scaled(seen.service, wanted):
            self.follow(deployment, rollout.route)
            self._put(revision, base, rollout.route)
        self._await_made(deployment, revision.id)
        if seen.service is None:
            self._make_others(revision, base, self._services.read(deployment))
        awake = max(scale.minimum, 1)
        lifted = scale.model_copy(update={"minimum": awake, "maximum": max(scale.maximum, awake)})
        self._services.rescale(deployment, revision.id, lifted)

    def scale(self, deployment: Name, revision: RevisionId, scale: Scale, rollout: Rollout) -> None:
        """Give a live revision another scale: in the template, where that says another one; else in place.

        Raises:
            NotFound: It is not live.
            DeadlinePassed: What takes its place with another scale was still getting ready.
        """
        self.follow(deployment, rollout.route)
        seen, model = self._services.look(deployment), rollout.known(revision)
        if revision not in seen.live:
            raise NotFound(f"{revision} is not live", hint=f"platformctl status {deployment}")
        base = _base(rollout, revision, scale)
        is_template = model is not None and seen.template == revision
        if model and is_template and not _is_scaled(seen.service, self._rendered(model, base, WHOLE)):
            self._put(model, base, rollout.route)
            self._await_ready(deployment, revision)
            self.follow(deployment, rollout.route)
        self._services.rescale(deployment, revision, scale)

    def remove(self, deployment: Name, revision: RevisionId, rollout: Rollout) -> None:
        """Remove a revision that has no weight.

        Where it is the template, stable's is put back first, by the safe order: nobody is sent to what is
        removed in between. Where another one is about to be the template, that takes its place.

        Raises:
            DeadlinePassed: What it is replaced by was still getting ready; what serves goes on meanwhile.
        """
        route = rollout.route
        self.follow(deployment, route)
        seen = self._services.look(deployment)
        if not route.weights and seen.template in {revision, None}:
            self._services.remove(deployment)
            self._remove_others(deployment, frozenset())
            return
        if revision == seen.template or not seen.is_newest_ready:
            if _is_to_be_replaced(rollout, revision):
                return
            self._restore(deployment, rollout, seen)
        self._tidy(deployment, self._services.look(deployment))

    def _restore(self, deployment: Name, rollout: Rollout, seen: Seen) -> None:
        """Let the template be stable's again, and what it makes have all requests."""
        stable = rollout.stable
        if stable is None:
            return
        base = _base(rollout, stable.id, Scale())
        replicas = _replicas(seen)
        self._say(f"{stable.id} becomes the template again: it starts anew, what serves goes on meanwhile")
        if seen.template != stable.id:
            self._make_others(stable, base, seen.service)
            self._services.put(self._rendered(stable, base, 0))
        self._await_made(deployment, stable.id)
        lifted = base.model_copy(
            update={"minimum": max(base.minimum, replicas, 1), "maximum": max(base.maximum, replicas)}
        )
        self._services.rescale(deployment, stable.id, lifted)
        self._await_ready(deployment, stable.id)
        self._services.give(deployment, WHOLE)
        self._services.await_served(deployment, rollout.route)
        if lifted.minimum > max(base.minimum, 1):
            time.sleep(upkeep.MEASURED_AFTER.total_seconds())
        self._services.rescale(deployment, stable.id, base)

    def _await_ready(self, deployment: Name, revision: RevisionId) -> None:
        """Wait until the template as it is now is ready, as long as there is hope.

        Raises:
            Refused: It will not get ready by itself; who serves goes on.
            DeadlinePassed: It was still getting ready.
        """
        self._hopefully(self._services.await_ready, deployment, revision, self._timeout)

    def _await_made(self, deployment: Name, revision: RevisionId) -> None:
        """Wait until Knative has a revision of the template as it is now; it need not be ready.

        Raises:
            Refused: Knative does not take it.
            DeadlinePassed: KServe or Knative was still making nothing of it.
        """
        self._hopefully(self._services.await_made, deployment, revision, MADE_SECONDS)

    def _hopefully(
        self, wait: Callable[[Name, float], object], deployment: Name, revision: RevisionId, seconds: float
    ) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                wait(deployment, min(_GLANCE_SECONDS, seconds))
            except DeadlinePassed:
                now = observing.revisions(self._api, deployment, datetime.now(UTC))
                stuck = now.stuck.get(revision)
                if stuck is not None:
                    raise _stuck(revision, stuck) from None
                if time.monotonic() >= deadline:
                    raise
            else:
                return

    def _put(self, revision: Revision, base: Scale, route: Route) -> None:
        """Make it the template. Nothing else serves: it takes everything once it is ready."""
        seen, share = self._services.look(revision.deployment), route.share(revision.id)
        meanwhile = 0 if share == WHOLE else share
        self._services.put(self._rendered(revision, base, meanwhile if seen.rolled_out else WHOLE))

    def _rendered(self, revision: Revision, base: Scale, percent: int) -> Manifest:
        return knative.service(revision, base, percent, self._shape)

    def _make_others(self, revision: Revision, base: Scale, owner: Manifest | None) -> None:
        """What its pods need. The InferenceService owns it, once that is there."""
        for other in knative.revision(revision, base, self._shape):
            self._services.make(owned(other, owner) if owner else other)

    def _tidy(self, deployment: Name, seen: Seen) -> None:
        """Remove what requests can no longer go to, so that they never do, whatever anybody says."""
        if seen.surplus:
            time.sleep(DRAIN_SECONDS)
        for one in seen.surplus:
            self._services.drop(name(one))
        kept = [one for one in seen.revisions if name(one) in seen.needed]
        self._remove_others(deployment, frozenset({seen.template, *map(whose, kept)}))
        self._services.forget_previous(deployment)

    def _remove_others(self, deployment: Name, live: frozenset[RevisionId | None]) -> None:
        selector = f"{manifests.MANAGED_BY}={manifests.MANAGER},{manifests.DEPLOYMENT}={deployment}"
        for kind in _OTHERS:
            for one in self._api.list(kind, f"{selector},{manifests.REVISION}"):
                if label(one, manifests.REVISION) not in live:
                    self._api.delete(kind, name(one))


def _stuck(revision: RevisionId, why: str) -> Refused:
    return Refused(
        f"{revision} will not get ready: {why}; what serves goes on meanwhile",
        hint=f"platformctl logs {revision}; the same command again goes on once that is mended",
    )


def _base(rollout: Rollout, revision: RevisionId, scale: Scale) -> Scale:
    """The scale that the template says: the spec's, whatever it is lifted to for a while."""
    return upkeep.scale(rollout, revision) if rollout.wanted is not None else scale


def _is_scaled(service: Manifest | None, wanted: Manifest) -> bool:
    """Whether a template says the scale that is wanted, and by what."""
    found, asked = mapping(service, "spec", "predictor"), wanted["spec"]["predictor"]
    same = all(found.get(key) == asked.get(key) for key in _SCALED)
    return same and _autoscaled(service) == _autoscaled(wanted)


def _autoscaled(service: Manifest | None) -> Mapping[str, Any]:
    """The annotations by which Knative scales what the InferenceService makes."""
    everywhere = {
        **mapping(service, "metadata", "annotations"),
        **mapping(service, "spec", "predictor", "annotations"),
    }
    return {key: value for key, value in everywhere.items() if key.startswith(_AUTOSCALING)}


def _is_to_be_replaced(rollout: Rollout, revision: RevisionId) -> bool:
    """Whether another revision is about to be the template."""
    candidate = rollout.candidate
    if candidate is None or rollout.phase not in {Phase.PREPARING, Phase.SHIFTING}:
        return False
    return candidate.revision.id != revision


def _replicas(seen: Seen) -> int:
    """How many replicas serve now, of whoever was rolled out."""
    rolled_out = next((one for one in seen.revisions if name(one) == seen.rolled_out), None)
    return number(rolled_out, "status", "actualReplicas") or 0
