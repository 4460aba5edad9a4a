"""The HTTPRoute of a deployment, read and replaced as one compare-and-set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from platformctl import render
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE, INFERENCE_SERVICE
from platformctl.adapters.cluster.api.objects import entries, is_leaving, mapping, name, text
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state import rules
from platformctl.adapters.cluster.state.compare import compare, until_fresh, write
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.domain import manifests
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import PlatformctlError, Refused, StillServing
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Token
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.render import served
from platformctl.render.names import service_of

Live = Mapping[RevisionId, str]
"""The Service of each live revision."""


@dataclass(frozen=True)
class Written:
    """An HTTPRoute that was written.

    Args:
        manifest: As the API server has it since.
        can_be_served: Whether requests got anywhere by it, or do now.
        is_new: Whether its rules are others than before; else only what is recorded beside them is.
    """

    manifest: Manifest
    can_be_served: bool
    is_new: bool = True


class _New(NamedTuple):
    """What is to be written."""

    route: Route
    rollout: Rollout
    live: Live
    number: int
    by: str


class Routes:
    """The HTTPRoutes of a namespace.

    Args:
        api: The cluster.
        shape: What is known of it.
        holder: Who we are, in words.
        takes_over: Whether fields that another manager has set are taken over.
    """

    def __init__(self, api: Api, shape: Shape, holder: str, *, takes_over: bool = False) -> None:
        self._api = api
        self._shape = shape
        self._holder = holder
        self._takes_over = takes_over

    def read(self, deployment: Name) -> Recorded | None:
        """What is recorded; None: there is no such deployment.

        Raises:
            Refused: There is an HTTPRoute of that name which is not ours.
            StateCorrupt: It cannot be read.
        """
        found = self._api.get(HTTP_ROUTE, deployment)
        return state.read(found) if found is not None else None

    def live(self, deployment: Name) -> Live:
        """The revisions that are there, whatever their weight."""
        selector = f"{manifests.MANAGED_BY}={manifests.MANAGER},{manifests.DEPLOYMENT}={deployment}"
        found = self._api.list(INFERENCE_SERVICE, selector)
        return {RevisionId(name(one)): service_of(one) for one in found if not is_leaving(one)}

    def commit(self, deployment: Name, route: Route, rollout: Rollout, token: Token) -> Written:
        """Replace route and rollout, if the token is that of what is recorded.

        Raises:
            Conflict: Somebody else has committed, or another manager has set a field.
            Refused: The route names a revision that is not live, or our host is another route's.
        """

        def replace(before: Recorded | None) -> Written:
            compare(deployment, before, token)
            live = self.live(deployment)
            absent = sorted(set(route.weights) - set(live))
            if absent:
                raise Refused(f"{', '.join(absent)} cannot get weight: not live", hint="platformctl deploy")
            if before is None:
                self.refuse_rivals(deployment)
            number = before.number + 1 if before else 1
            return self._written(deployment, _New(route, rollout, live, number, self._holder), before)

        return until_fresh(lambda: self.read(deployment), replace, f"httproute {deployment}")

    def refresh(self, deployment: Name, live: Live) -> Written | None:
        """Let exactly the live revisions be asked by name; the weights stay. Nothing is committed.

        Returns:
            What is there now; None: there is no route.
        """

        def replace(before: Recorded | None) -> Written | None:
            if before is None:
                return None
            if rules.pinned(before.manifest) == set(live):
                return Written(before.manifest, rules.has_backends(before.manifest), is_new=False)
            same = _New(before.route, before.rollout, live, before.number, before.by)
            return self._written(deployment, same, before)

        return until_fresh(lambda: self.read(deployment), replace, f"httproute {deployment}")

    def forget(self, deployment: Name, token: Token) -> None:
        """Remove the HTTPRoute.

        Raises:
            Conflict: Somebody else has committed since.
            StillServing: It has weights, or revisions are live.
        """

        def remove(before: Recorded | None) -> None:
            compare(deployment, before, token)
            if before is None:
                return
            if before.route.weights or self.live(deployment):
                raise StillServing(
                    f"{deployment} still has revisions", hint=f"platformctl delete {deployment}"
                )
            self._api.delete(HTTP_ROUTE, deployment, resource_version=before.version)

        until_fresh(lambda: self.read(deployment), remove, f"httproute {deployment}")

    def refuse_rivals(self, deployment: Name) -> None:
        """Refuse a host that another HTTPRoute has.

        Raises:
            Refused: The message names it.
        """
        try:
            everywhere = self._api.list(HTTP_ROUTE, namespace="")
        except PlatformctlError:  # we need not be allowed to look into other namespaces
            everywhere = self._api.list(HTTP_ROUTE)
        ours = (self._shape.namespace, deployment)
        found = rival(everywhere, ours, self._shape.host_of(deployment))
        if found is not None:
            raise found

    def _written(self, deployment: Name, new: _New, before: Recorded | None) -> Written:
        routed = rules.has_backends(before.manifest) if before else False
        manifest = self._write(deployment, new, before)
        is_new = before is None or served.host(before.manifest) != served.host(manifest)
        return Written(manifest, routed or rules.has_backends(manifest), is_new)

    def _write(self, deployment: Name, new: _New, before: Recorded | None) -> Manifest:
        current = before.manifest if before else None
        recorded = state.fitted(new.rollout, state.room(current))
        rendered = render.route(deployment, new.route, recorded, new.live, self._shape)
        wanted = _marked(rendered, state.commit(new.number, new.by), before)
        return write(self._api, wanted, is_new=before is None, takes_over=self._takes_over)


def rival(routes: list[Manifest], ours: tuple[str, str], host: str) -> Refused | None:
    """Say that one of the routes has the host already; None: none has. Ours is left out."""
    for route in routes:
        place = text(route, "metadata", "namespace"), name(route)
        hosts = mapping(route, "spec").get("hostnames") or ()
        if place != ours and host in hosts:
            return Refused(
                f"the host {host} belongs to HTTPRoute {'/'.join(place)}, which {_maker(route)} made",
                field="host",
                hint="give the deployment another name, or set another `host` in the context",
            )
    return None


def _maker(route: Manifest) -> str:
    if state.is_ours(route):
        return "platformctl"
    managers = [str(entry.get("manager")) for entry in entries(route, "metadata", "managedFields")]
    return managers[0] if managers else "somebody else"


def _marked(rendered: Manifest, commit: str, before: Recorded | None) -> dict[str, Any]:
    metadata = dict(rendered["metadata"])
    metadata["annotations"] = {**metadata["annotations"], manifests.COMMIT: commit}
    if before is not None:
        metadata["resourceVersion"] = before.version
    return {**rendered, "metadata": metadata}
