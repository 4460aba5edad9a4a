"""Which of KServe's modes a deployment has, told by what is there of it."""

from threading import RLock

from platformctl.adapters.cluster.api.answers import UnknownKind
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, HTTP_ROUTE, INFERENCE_SERVICE, Kind
from platformctl.adapters.cluster.api.objects import is_leaving, label, name
from platformctl.adapters.cluster.state import recorded as state
from platformctl.domain import manifests
from platformctl.domain.cluster import Mode
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name
from platformctl.render.knative import record_name


class Modes:
    """The mode of each deployment, asked for once. Threads may share it.

    An HTTPRoute of ours is a deployment's in Standard mode, a ConfigMap that holds a rollout one's in Knative
    mode. One that was interrupted before it recorded anything is told by its InferenceServices.

    Args:
        api: The cluster.
        first: The mode that a deployment probably has: that is looked for first.
    """

    def __init__(self, api: Api, first: Mode) -> None:
        self.first = first
        self._api = api
        self._known: dict[Name, Mode | None] = {}
        self._lock = RLock()

    def knows(self, deployment: Name) -> bool:
        """Whether that was asked before."""
        return deployment in self._known

    def of(self, deployment: Name) -> Mode | None:
        """The mode of a deployment; None: there is none of that name."""
        with self._lock:
            if deployment not in self._known:
                self._known[deployment] = self._found(deployment)
            return self._known[deployment]

    def remember(self, deployment: Name, mode: Mode) -> None:
        """Take it from who has seen it."""
        self._known[deployment] = mode

    def forget(self, deployment: Name) -> None:
        """Ask again the next time."""
        self._known.pop(deployment, None)

    def _found(self, deployment: Name) -> Mode | None:
        looks = {Mode.STANDARD: self._has_route, Mode.KNATIVE: self._has_record}
        for mode in sorted(Mode, key=lambda mode: mode is not self.first):
            if looks[mode](deployment):
                return mode
        return self._of_its_services(deployment)

    def _has_route(self, deployment: Name) -> bool:
        return self._ours(HTTP_ROUTE, deployment) is not None

    def _has_record(self, deployment: Name) -> bool:
        found = self._ours(CONFIG_MAP, record_name(deployment))
        return found is not None and bool(label(found, manifests.HOLDS))

    def _ours(self, kind: Kind, called: str) -> Manifest | None:
        try:
            found = self._api.get(kind, called)
        except UnknownKind:
            return None
        return found if found is not None and state.is_ours(found) else None

    def _of_its_services(self, deployment: Name) -> Mode | None:
        ours = f"{manifests.MANAGED_BY}={manifests.MANAGER},{manifests.DEPLOYMENT}={deployment}"
        try:
            found = [name(one) for one in self._api.list(INFERENCE_SERVICE, ours) if not is_leaving(one)]
        except UnknownKind:
            return None
        if not found:
            return None
        return Mode.KNATIVE if deployment in found else Mode.STANDARD
