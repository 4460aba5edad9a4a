"""The cluster target in Knative mode: the port `Target` over one InferenceService a deployment.

KServe splits the requests between the newest revision of Knative's that is ready and the one that was rolled
out last. So two revisions are live at most, and a new one can only be prepared as the template, with 0
percent. What is meant is in a ConfigMap, which is written first.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, KNATIVE_SERVICE
from platformctl.adapters.cluster.api.objects import label
from platformctl.adapters.cluster.checking import checks, queue_proxy
from platformctl.adapters.cluster.checking.serving import look
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.adapters.cluster.knative import drift
from platformctl.adapters.cluster.knative.changes import Changes, Say
from platformctl.adapters.cluster.knative.records import Records
from platformctl.adapters.cluster.knative.seen import Seen
from platformctl.adapters.cluster.knative.services import Services
from platformctl.adapters.cluster.knative.traffic import KnativeTraffic
from platformctl.adapters.cluster.observing import knative as observing
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.rehearsal import finding
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.adapters.cluster.traffic import logs
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import (
    NotFound,
    PlatformctlError,
    Refused,
    SpecError,
    StillServing,
)
from platformctl.domain.manifests import DEPLOYMENT, Manifest
from platformctl.domain.names import Name, RevisionId, deployment_of
from platformctl.domain.observed import Capabilities, Finding, Observed, Scope, Severity, Summary, Token
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import WHOLE, Route
from platformctl.domain.traffic import Answer, Request
from platformctl.render.knative import record_name
from platformctl.render.knative import revision as render_revision
from platformctl.render.knative import service as render_service

LIVE = 2
"""Revisions that can have requests: the newest that is ready, and the one that was rolled out."""

_POLL = 0.5
_PATIENCE_SECONDS = 30.0
"""In which Knative gives a revision that has just become ready an address of its own."""

_WAKE_SECONDS = 60.0
"""For which Knative itself holds a request that waits for a replica, as the template says."""

_NOBODY, _NOT_FOUND = 503, 404


class KnativeTarget:
    """Revisions as templates of one InferenceService.

    Args:
        api: The cluster.
        shape: What is known of it; its namespace is the API's.
        traffic: Its ingress.
        holder: Who we are, in words, for whoever finds our commit.
        takes_over: Whether fields that another manager has set are taken over.
        timeout: How long a revision may take to get ready.
        say: Tells what takes its time.
    """

    def __init__(  # noqa: PLR0913 - as the other target, and for how long it may take
        self,
        api: Api,
        shape: Shape,
        traffic: KnativeTraffic,
        holder: str,
        *,
        takes_over: bool = False,
        timeout: timedelta = timedelta(minutes=10),
        say: Say = lambda _: None,
    ) -> None:
        self.listed = ListedPods(api)
        self._api = api
        self._shape = shape
        self._traffic = traffic
        self._records = Records(api, shape, holder, takes_over=takes_over)
        self._services = Services(api, takes_over=takes_over)
        self._changes = Changes(api, shape, self._services, timeout, say)
        self._hosts: dict[tuple[Name, RevisionId | None], str] = {}

    def capabilities(self, name: Name) -> Capabilities:  # noqa: ARG002 - the same for all
        """What it can do."""
        place = f"kube context {self._api.place.context}, namespace {self._api.namespace}"
        return Capabilities(
            target=f"cluster ({place}, Knative mode)",
            images=True,
            code=False,
            live_revisions=LIVE,
            poll=_POLL,
            scales_in_place=False,
        )

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        """Say what would go wrong with this revision here. Changes nothing.

        Raises:
            Refused: The cluster is not one that can be deployed to, or an object of that name is not ours.
        """
        try:
            wanted = render_service(revision, scale, 0, self._shape)
            others = render_revision(revision, scale, self._shape)
        except SpecError as error:
            return [finding(error)]
        found = list(checks.knative_findings(self._api, self._shape, revision, scale))
        if any(finding.severity is Severity.ERROR for finding in found):
            return found
        before = self._services.read(revision.deployment)
        self._records.read(revision.deployment)
        if Seen(before).template == revision.id:
            return found
        return [*found, *map(finding, self._refusals([wanted, *others]))]

    def room(self, revision: Revision) -> int | None:
        """How many replicas have GPUs once all others of the deployment are gone; None: it wants none."""
        beside = queue_proxy.requests(look(self._api)) if revision.resources.gpus else {}
        return gpu_room.room(self._api, revision, beside=beside)

    def list(self, scope: Scope) -> Sequence[Summary]:
        """The deployments in scope, by name. One whose state cannot be read is in it, and says so."""
        found = {label(one, DEPLOYMENT): one for one in self._records.all()}
        return [state.summary(found[name]) for name in sorted(found) if name.startswith(scope.prefix)]

    def observe(self, name: Name) -> Observed:
        """Say how a deployment is now.

        Raises:
            StateCorrupt: What is recorded cannot be read.
            Refused: There is an InferenceService of that name which is not ours.
        """
        with ThreadPoolExecutor(3) as pool:
            reading = pool.submit(self._records.read, name)
            looking = pool.submit(observing.revisions, self._api, name, datetime.now(UTC), self.listed)
            asking = pool.submit(self._api.get, KNATIVE_SERVICE, f"{name}-predictor")
            recorded, found = reading.result(), looking.result()
            revisions = [one for backing in found.backing.values() for one in backing]
            seen = Seen(found.service, asking.result(), revisions)
        if found.service is not None and not state.is_ours(found.service):
            raise state.not_ours(found.service)
        if recorded is None:
            return Observed(revisions=found.statuses)
        addresses = self._traffic.addresses(name, seen.url)
        return Observed(
            revisions=found.statuses,
            route=recorded.route,
            rollout=recorded.rollout,
            token=recorded.token,
            url=addresses.outside,
            host=addresses.host,
            inside=addresses.inside,
            accepted=seen.is_routed,
            served=_served(seen, recorded),
            findings=drift.findings(name, seen, recorded),
        )

    def prepare(self, revision: Revision, scale: Scale) -> None:
        """Make a revision the template, at weight 0. Idempotent; does not wait for it to be ready.

        The first revision of a deployment answers as soon as it is ready: there is nobody else who could.

        Raises:
            SpecError: Something of it has no place in Knative mode.
            Refused: The cluster says no.
            Conflict: Somebody else has edited the template.
            DeadlinePassed: KServe or Knative made nothing of it.
        """
        seen = observing.revisions(self._api, revision.deployment, datetime.now(UTC))
        status = seen.statuses.get(revision.id)
        has_failed = status is not None and status.failure is not None
        if has_failed:
            self._keep_logs(revision.deployment, revision.id)
        self._changes.prepare(revision, scale, self._rollout(revision.deployment), has_failed=has_failed)

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the scale of a live revision. Of the template it makes another of Knative's revisions.

        Raises:
            NotFound: It is not live.
            DeadlinePassed: What takes its place with another scale was still getting ready.
        """
        name = deployment_of(revision)
        self._changes.scale(name, revision, scale, self._rollout(name))

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        """Record route and rollout, then bring the InferenceService to it; returns when that is served.

        Raises:
            Conflict: Somebody else has committed since `token` was read, or has edited the percentage.
            Refused: The route names a revision that cannot serve.
            DeadlinePassed: It is recorded, and was still not served.
        """
        if route.weights:
            absent = sorted(set(route.weights) - self._services.look(name).can_serve)
            if absent:
                raise Refused(f"{', '.join(absent)} cannot get weight: not live", hint="platformctl deploy")
        committed = self._records.commit(name, rollout, token)
        self._changes.follow(name, route)
        return committed.token

    def forget(self, name: Name, token: Token) -> None:
        """Drop the recorded state of a deployment that has no route and no live revision.

        Raises:
            Conflict: Somebody else has committed since.
            StillServing: It has a route, or live revisions.
        """
        recorded = self._records.read(name)
        serves = recorded is not None and recorded.route.weights
        if serves or self._services.look(name).live:
            raise StillServing(f"{name} still has revisions", hint=f"platformctl delete {name}")
        self._records.forget(name, token)

    def remove(self, revision: RevisionId) -> None:
        """Drain a revision and remove it; where it is the template, stable's is put back first.

        Raises:
            StillServing: It has weight.
            DeadlinePassed: Stable's new replicas were still getting ready; what serves goes on meanwhile.
        """
        name = deployment_of(revision)
        rollout = self._rollout(name)
        share = rollout.route.share(revision)
        if share:
            raise StillServing(f"{revision} has {share} % of the requests", hint="promote or roll back first")
        self._keep_logs(name, revision)
        self._changes.remove(name, revision, rollout)

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        """The last lines that a revision's containers wrote, oldest first, also after its removal.

        Raises:
            NotFound: Nothing is known of it.
        """
        return logs.tail(self._api, revision, tail)

    def predict(self, name: Name, request: Request) -> Answer:
        """Send one prediction through Knative's ingress. Where all sleeps it takes as long as a start.

        Raises:
            NotFound: There is no such deployment, or no such live revision.
            Unreachable: Neither the ingress nor one of its pods can be reached.
        """
        request = replace(request, timeout=max(request.timeout, _WAKE_SECONDS))
        known = self._hosts.get((name, request.revision))
        if known is not None:
            answer = self._traffic.predict(name, known, request)
            if request.revision in {None, answer.revision} and answer.status != _NOT_FOUND:
                return answer
        host = self._host(name, request.revision)  # a tag may lead to another revision by now
        if host is None:
            return Answer(_NOBODY, b"it is not ready, so that no request is routed to it", None, 0.0)
        self._hosts[name, request.revision] = host
        answer = self._traffic.predict(name, host, request)
        if request.revision is not None and answer.revision not in {None, request.revision}:
            raise _not_live(name, request.revision)
        return answer

    def _host(self, name: Name, revision: RevisionId | None) -> str | None:
        """Where to ask; None: it is there, and nothing leads to it."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            seen, is_over = self._services.look(name), time.monotonic() >= deadline
            url = seen.url if revision is None else seen.hosts.get(revision, "")
            if url and (seen.is_routed or is_over):
                return urlsplit(url).hostname
            self._must_exist(name, revision, seen)
            is_coming = bool(url) or revision is None or self._is_ready(name, revision)
            if not is_coming or is_over:
                return None
            time.sleep(_POLL)

    def _is_ready(self, name: Name, revision: RevisionId) -> bool:
        found = observing.revisions(self._api, name, datetime.now(UTC), self.listed)
        status = found.statuses.get(revision)
        return status is not None and status.answers

    def _must_exist(self, name: Name, revision: RevisionId | None, seen: Seen) -> None:
        if not seen.live and self._records.read(name) is None:
            known = ", ".join(summary.name for summary in self.list(Scope())) or "none"
            raise NotFound(f"there is no deployment {name}; there are: {known}", hint="platformctl list")
        if revision is not None and revision not in seen.live:
            raise _not_live(name, revision)

    def _rollout(self, name: Name) -> Rollout:
        recorded = self._records.read(name)
        return recorded.rollout if recorded is not None else Rollout()

    def _keep_logs(self, name: Name, revision: RevisionId) -> None:
        logs.keep(self._api, name, revision, (CONFIG_MAP, record_name(name)))

    def _refusals(self, wanted: Sequence[Manifest]) -> Sequence[PlatformctlError]:
        """What the API server and its webhooks say to what would be made."""
        refusals: list[PlatformctlError] = []
        for manifest in wanted:
            try:
                self._api.apply(manifest, force=True, dry_run=True)
            except PlatformctlError as error:
                refusals.append(error)
        return refusals


def _served(seen: Seen, recorded: Recorded) -> Route | None:
    """The weights that are served; None where Knative is changing them, or there are to be none."""
    weights = dict(seen.shares)
    return Route(weights=weights) if recorded.route.weights and sum(weights.values()) == WHOLE else None


def _not_live(name: Name, revision: RevisionId) -> NotFound:
    return NotFound(f"{revision} is not live", hint=f"platformctl status {name}")
