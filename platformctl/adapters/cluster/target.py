"""The cluster target: the port `Target` over KServe's InferenceServices and one HTTPRoute a deployment."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from platformctl import render
from platformctl.adapters.cluster import rehearsal
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE
from platformctl.adapters.cluster.api.objects import name as name_of
from platformctl.adapters.cluster.apply import Objects
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state import retries, rules
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.adapters.cluster.state.routes import Routes
from platformctl.adapters.cluster.traffic import logs
from platformctl.adapters.cluster.traffic.acceptance import acceptance
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain import manifests
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import (
    NotFound,
    PlatformctlError,
    StillServing,
)
from platformctl.domain.names import Name, RevisionId, deployment_of
from platformctl.domain.observed import (
    Capabilities,
    Finding,
    Observed,
    Scope,
    Severity,
    Summary,
    Token,
)
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Answer, Request

DRAIN_SECONDS = 2.0
"""Between the end of a revision's last rule and the removal of its pods, which then finish what they have."""

_POLL = 0.5


class ClusterTarget:
    """Revisions as InferenceServices.

    Args:
        api: The cluster.
        shape: What is known of it; its namespace is the API's.
        traffic: Its Gateway.
        holder: Who we are, in words, for whoever finds our commit.
        takes_over: Whether fields that another manager has set are taken over.
    """

    def __init__(
        self, api: Api, shape: Shape, traffic: Traffic, holder: str, *, takes_over: bool = False
    ) -> None:
        self.listed = ListedPods(api)
        self._api = api
        self._shape = shape
        self._traffic = traffic
        self._routes = Routes(api, shape, holder, takes_over=takes_over)
        self._objects = Objects(api, takes_over=takes_over)

    def capabilities(self, name: Name) -> Capabilities:  # noqa: ARG002 - the same for all
        """What it can do."""
        where = f"cluster (kube context {self._api.place.context}, namespace {self._api.namespace})"
        return Capabilities(target=where, images=True, code=False, poll=_POLL)

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        """Say what would go wrong with this revision here. Changes nothing.

        Raises:
            Refused: The cluster is not one that can be deployed to.
        """
        return rehearsal.findings(self._api, self._shape, self._objects, self._routes, revision, scale)

    def room(self, revision: Revision) -> int | None:
        """How many replicas have GPUs once all others of the deployment are gone; None: it wants none."""
        return gpu_room.room(self._api, revision)

    def list(self, scope: Scope) -> Sequence[Summary]:
        """The deployments in scope, by name. One whose state cannot be read is in it, and says so."""
        ours = f"{manifests.MANAGED_BY}={manifests.MANAGER},{manifests.DEPLOYMENT}"
        found = self._api.list(HTTP_ROUTE, ours)
        chosen = [route for route in found if name_of(route).startswith(scope.prefix)]
        return [state.summary(route) for route in sorted(chosen, key=name_of)]

    def observe(self, name: Name) -> Observed:
        """Say how a deployment is now.

        Raises:
            StateCorrupt: What is recorded cannot be read.
            Refused: There is an HTTPRoute of that name which is not ours.
        """
        with ThreadPoolExecutor(3) as pool:
            reading = pool.submit(self._routes.read, name)
            looking = pool.submit(observing.revisions, self._api, name, datetime.now(UTC), self.listed)
            addresses = pool.submit(self._addresses, name)
            recorded, revisions = reading.result(), looking.result()
            url, inside = addresses.result()
        if recorded is None:
            return Observed(revisions=revisions)
        said = acceptance(recorded.manifest, self._shape.gateway)
        return Observed(
            revisions=revisions,
            route=recorded.route,
            rollout=recorded.rollout,
            token=recorded.token,
            url=url,
            host=self._shape.host_of(name),
            inside=inside,
            accepted=bool(said.accepted),
            findings=(*state.findings(recorded), *_unserved(recorded, said.why)),
        )

    def prepare(self, revision: Revision, scale: Scale) -> None:
        """Make a revision live at weight 0. Idempotent; does not wait for it to be ready.

        Raises:
            SpecError: Something of it has no place on a cluster.
            Refused: The cluster says no; the message says what became of what was made before.
        """
        was_there = self._objects.make(render.revision(revision, scale, self._shape), scale)
        self._routes.refresh(
            revision.deployment,
            {**self._routes.live(revision.deployment), revision.id: render.service(revision)},
        )
        if was_there and self._has_failed(revision):
            logs.keep(self._api, revision.deployment, revision.id)
            self._objects.renew(revision.id)

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the replicas of a live revision in place.

        Raises:
            NotFound: It is not live.
        """
        self._objects.scale(revision, scale)

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        """Replace route and rollout together; when it returns the new weights are served.

        Raises:
            Conflict: Somebody else has committed since `token` was read, or has set the weights.
            Refused: The route names a revision that is not live; or it is recorded, and the Gateway
                does not accept it.
            DeadlinePassed: It is recorded, and the Gateway was still not serving it.
        """
        committed = self._routes.commit(name, route, rollout, token)
        retries.ensure(self._api, committed.manifest)
        if committed.can_be_served and committed.is_new:
            self._traffic.await_served(committed.manifest)
        return state.read(committed.manifest).token

    def forget(self, name: Name, token: Token) -> None:
        """Drop the recorded state of a deployment that has no route and no live revision.

        Raises:
            Conflict: Somebody else has committed since.
            StillServing: It has a route, or live revisions.
        """
        self._routes.forget(name, token)

    def remove(self, revision: RevisionId) -> None:
        """Take a revision out of the route, drain it, remove it, and wait until its pods are gone.

        Raises:
            StillServing: It has weight.
            DeadlinePassed: A pod of it was still there.
        """
        name = deployment_of(revision)
        recorded = self._routes.read(name)
        share = recorded.share(revision) if recorded else 0
        if share:
            raise StillServing(f"{revision} has {share} % of the requests", hint="promote or roll back first")
        live = {one: service for one, service in self._routes.live(name).items() if one != revision}
        left = self._routes.refresh(name, live)
        if left is not None and left.can_be_served:  # also where a client that was killed has written it
            self._traffic.await_served(left.manifest)
            time.sleep(DRAIN_SECONDS)
        logs.keep(self._api, name, revision)
        self._objects.remove(revision)

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        """The last lines that a revision's containers wrote, oldest first, also after its removal.

        Raises:
            NotFound: Nothing is known of it.
        """
        return logs.tail(self._api, revision, tail)

    def predict(self, name: Name, request: Request) -> Answer:
        """Send one prediction through the Gateway.

        Raises:
            NotFound: There is no such deployment, or no such live revision.
            Unreachable: Neither the Gateway nor one of its pods can be reached.
        """
        answer = self._traffic.predict(name, self._shape.host_of(name), request)
        if answer.revision is None or request.revision not in {None, answer.revision}:
            self._must_exist(name, request.revision)
        return answer

    def _has_failed(self, revision: Revision) -> bool:
        seen = observing.revisions(self._api, revision.deployment, datetime.now(UTC))
        return revision.id in seen and seen[revision.id].failure is not None

    def _must_exist(self, name: Name, revision: RevisionId | None) -> None:
        live = self._routes.live(name)
        if not live and self._routes.read(name) is None:
            known = ", ".join(summary.name for summary in self.list(Scope())) or "none"
            raise NotFound(f"there is no deployment {name}; there are: {known}", hint="platformctl list")
        if revision is not None and revision not in live:
            raise NotFound(f"{revision} is not live", hint=f"platformctl status {name}")

    def _addresses(self, name: Name) -> tuple[str | None, str | None]:
        """Where clients outside and inside the cluster reach the Gateway, as far as they can."""
        host, entrance = self._shape.host_of(name), self._traffic.entrance
        try:
            doors, inner = entrance.outside(host), entrance.inside(host)
        except PlatformctlError:  # what is wrong with the Gateway is told by what is served
            return None, None
        return doors[0].url if doors else None, inner.url if inner else None


def _unserved(recorded: Recorded, why: str) -> Sequence[Finding]:
    if not why or not rules.has_backends(recorded.manifest):
        return ()
    return [
        Finding(Severity.WARNING, f"the route is not served as recorded: {why}", hint="platformctl doctor")
    ]
