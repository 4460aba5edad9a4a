"""Figures a revision, as its servers counted them."""

import os
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import entries, label, name, text, uid
from platformctl.adapters.cluster.observing import servers
from platformctl.adapters.cluster.observing.listed_pods import ListedPods
from platformctl.adapters.cluster.traffic import exposition
from platformctl.adapters.cluster.traffic.prometheus import Prometheus
from platformctl.domain.counts import Counts, total
from platformctl.domain.errors import Unreachable
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import Name, RevisionId

_COMPONENT = "component"
_WORKERS = 16
_SECONDS = 3.0
_OK, _FAILURE = 200, 500
_NOT_LET_IN = (401, 403, 429)
"""By the API server or by the pod: it may have figures all the same."""


class Heard(NamedTuple):
    """What one pod has said to us.

    Args:
        before: Of its lives before: a server that starts anew counts from 0.
        last: At last.
    """

    before: Counts = Counts()
    last: Counts = Counts()

    def and_now(self, said: Counts) -> "Heard":
        """With what it says now. Fewer than it had is another life."""
        if said.requests < self.last.requests:
            return Heard(total((self.before, self.last)), said)
        return Heard(self.before, said)


class ClusterCounters:
    """The port `Counters`, over the `/metrics` of the pods, or by a Prometheus that has them.

    Of a revision with a separate transformer only that is read: its answers are what callers got. In the sums
    a pod that is gone, restarts or does not answer counts with what it last said to this object; what it said
    to another one is lost with it, so that a new one may begin lower. The parts are the pods that answer now.
    An image without figures has zeros.

    What no server answered is in no figure: resets, timeouts at the gateway, and the gateway's own 503.

    Args:
        api: The API server.
        prometheus: The URL of one that has the figures; None: the pods are asked.
        direct: Whether pods are asked by their IP, as from within the cluster.
        listed: What the target lists; None: the pods are listed here.
    """

    def __init__(
        self,
        api: Api,
        prometheus: str | None = None,
        *,
        direct: bool | None = None,
        listed: ListedPods | None = None,
    ) -> None:
        self._api = api
        self._listed = listed
        self._prometheus = Prometheus(prometheus, api.namespace) if prometheus else None
        self._direct = "KUBERNETES_SERVICE_HOST" in os.environ if direct is None else direct
        self._heard: dict[RevisionId, dict[str, Heard]] = {}
        self._lock = threading.Lock()

    def read(self, name: Name, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        """Read the figures of the given revisions; zeros for one that has had no request.

        Raises:
            Unreachable: The API server, the Prometheus, or every pod of a revision does not answer.
        """
        if not revisions:
            return {}
        if self._prometheus:
            return self._prometheus.read(revisions)
        pods = self._listed.recent(name) if self._listed else self._pods(revisions)
        asked = {revision: entrances(pods, revision) for revision in revisions}
        with ThreadPoolExecutor(_WORKERS) as pool:
            said = {
                revision: list(pool.map(partial(self._ask, revision), several))
                for revision, several in asked.items()
            }
        for revision, answers in said.items():
            self._remember(revision, asked[revision], answers)
        return {
            revision: self._all(revision, _parts(asked[revision], said[revision])) for revision in revisions
        }

    def _pods(self, revisions: Sequence[RevisionId]) -> Sequence[Manifest]:
        return self._api.list(POD, f"{REVISION} in ({','.join(sorted(set(revisions)))})")

    def _all(self, revision: RevisionId, parts: Mapping[str, Counts]) -> Counts:
        heard = self._heard.get(revision, {}).values()
        return replace(total(part for one in heard for part in one), parts=parts)

    def _remember(
        self, revision: RevisionId, pods: Sequence[Manifest], said: Sequence[Counts | None]
    ) -> None:
        if pods and all(one is None for one in said):
            raise Unreachable(
                f"no pod of {revision} says what it has counted: {', '.join(map(name, pods))}",
                hint=f"kubectl get --raw {_path(self._api, pods[0])}",
            )
        with self._lock:
            known = self._heard.setdefault(revision, {})
            for pod, one in zip(pods, said, strict=True):
                if one is not None:
                    known[uid(pod)] = known.get(uid(pod), Heard()).and_now(one)

    def _ask(self, revision: RevisionId, pod: Manifest) -> Counts | None:
        """One pod's figures; None: it does not answer, or with garbage. A page without figures has zeros."""
        try:
            status, body = self._fetch(pod)
            if status >= _FAILURE or status in _NOT_LET_IN:
                return None
            found = [*exposition.samples(body.decode(errors="replace"))] if status == _OK else []
            counts = exposition.counts(one for one in found if one.labels.get("revision") == revision)
        except (Unreachable, OSError, HTTPException, ValueError):
            return None
        return replace(counts, began=exposition.began(found))

    def _fetch(self, pod: Manifest) -> tuple[int, bytes]:
        if not self._direct:
            reply = self._api.raw("GET", _path(self._api, pod), timeout=_SECONDS)
            return reply.status, reply.body
        connection = HTTPConnection(text(pod, "status", "podIP"), servers.port(pod), timeout=_SECONDS)
        try:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _parts(pods: Sequence[Manifest], said: Sequence[Counts | None]) -> Mapping[str, Counts]:
    return {uid(pod): one for pod, one in zip(pods, said, strict=True) if one is not None}


def entrances(pods: Collection[Manifest], revision: RevisionId) -> Sequence[Manifest]:
    """The running pods of a revision that callers talk to: its transformer's, if it has one."""
    ours = [pod for pod in pods if label(pod, REVISION) == revision]
    first = [pod for pod in ours if label(pod, _COMPONENT) == "transformer"] or ours
    return [pod for pod in first if text(pod, "status", "phase") == "Running" and _has_answered(pod)]


def _has_answered(pod: Manifest) -> bool:
    """Whether its servers run: before, there is nothing that they could have counted."""
    states = entries(pod, "status", "containerStatuses")
    return bool(states) and all(one.get("started") for one in states)


def _path(api: Api, pod: Manifest) -> str:
    kind = POD.path(api.namespace, f"{name(pod)}:{servers.port(pod)}")
    return f"{kind}/proxy/metrics"
