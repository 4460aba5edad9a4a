"""What the pods of a revision wrote; of a removed one the last lines, as they were kept."""

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import entries, mapping, name, number, text
from platformctl.adapters.cluster.state import excerpts
from platformctl.adapters.cluster.state.excerpts import Record
from platformctl.domain.errors import NotFound, PlatformctlError
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import Name, RevisionId

_MAIN = frozenset({"kserve-container", "transformer-container"})
_PROXY = "queue-proxy"
_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:\d\d) ?(.*)")
_WORKERS = 16
_SECONDS = 10.0
_OK = 200


class Stream(NamedTuple):
    """What one container of a pod wrote, in its present life or in the one before."""

    pod: str
    container: str
    is_previous: bool = False


def tail(api: Api, revision: RevisionId, count: int) -> list[str]:
    """The last lines of all containers of a revision's pods, oldest first, also after its removal.

    What a container wrote before its last restart is among them. Lines of several say whose they are.

    Raises:
        NotFound: Nothing is known of it.
        Unreachable: The API server does not answer, or forbids it.
    """
    pods = api.list(POD, f"{REVISION}={revision}")
    kept = excerpts.read(api, revision)
    if not pods and kept is None:
        raise NotFound(f"nothing is known of {revision}", hint="platformctl history shows what there was")
    if not count:
        return []
    several = [stream for pod in pods for stream in streams(pod)]
    with ThreadPoolExecutor(_WORKERS) as pool:
        written = list(pool.map(partial(_read, api, count), several))
    return [*(kept or ()), *merged(dict(zip(several, written, strict=True)))][-count:]


def keep(api: Api, deployment: Name, revision: RevisionId, record: Record | None = None) -> bool:
    """Keep the end of a revision's logs, which go with its pods. For whoever is about to remove them.

    Args:
        api: The cluster.
        deployment: Whose revision it is.
        revision: Which one.
        record: What records the deployment; None: its HTTPRoute.

    Returns:
        False: Nothing was kept: it wrote nothing, or we may not.
    """
    try:
        lines = tail(api, revision, excerpts.LINES)
    except PlatformctlError:
        return False
    return excerpts.keep(api, deployment, revision, lines, record)


def streams(pod: Manifest) -> list[Stream]:
    """The logs that a pod has: of each container that runs or ran, and of its life before. Pure.

    Knative's queue-proxy stands before each server and only repeats what goes wrong there, every second. It
    is left out, unless it is what went wrong.
    """
    statuses = [one for key in _STATUSES for one in entries(pod, "status", key)]
    found = []
    for status in statuses:
        if text(status, "name") == _PROXY and not _has_failed(status):
            continue
        container = text(status, "name")
        if number(status, "restartCount") and mapping(status, "lastState", "terminated"):
            found.append(Stream(name(pod), container, is_previous=True))
        if mapping(status, "state", "running") or mapping(status, "state", "terminated"):
            found.append(Stream(name(pod), container))
    return found


def _has_failed(status: Mapping[str, Any]) -> bool:
    ends = [number(status, key, "terminated", "exitCode") for key in ("state", "lastState")]
    return any(ends)


def merged(written: Mapping[Stream, Sequence[str]]) -> list[str]:
    """The lines of several logs by the times that they begin with, which are left out. Pure.

    A line without a time goes with the one before it.
    """
    whose = {(stream.pod, stream.container) for stream in written}
    parts = [
        _stamped(lines, f"[{_label(stream)}] " if len(whose) > 1 else "") for stream, lines in written.items()
    ]
    return [line for _, line in heapq.merge(*parts, key=lambda pair: pair[0])]


def _stamped(lines: Sequence[str], prefix: str) -> Iterator[tuple[str, str]]:
    last = ""
    for line in lines:
        found = _STAMPED.fullmatch(line)
        last = max(last, found[1]) if found else last
        yield last, prefix + (found[2] if found else line)


def _label(stream: Stream) -> str:
    """The end of the pod's name; the container's, if it is not the one that serves."""
    pod = stream.pod.rpartition("-")[2]
    return pod if stream.container in _MAIN else f"{pod} {stream.container}"


def _read(api: Api, count: int, stream: Stream) -> Sequence[str]:
    """One log's last lines; none where the cluster has them no more."""
    query = [("container", stream.container), ("tailLines", str(count)), ("timestamps", "true")]
    previous = [("previous", "true")] if stream.is_previous else []
    path = f"{POD.path(api.namespace, stream.pod)}/log"
    reply = api.raw("GET", path, query=[*query, *previous], timeout=_SECONDS)
    return reply.body.decode(errors="replace").splitlines() if reply.status == _OK else ()
