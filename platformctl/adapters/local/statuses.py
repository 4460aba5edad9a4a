"""How a revision is: what supervisord says of its processes, and what each answers itself."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from platformctl.adapters.envoy.unix_http import status_of
from platformctl.adapters.local import failures, launch, logs
from platformctl.adapters.local.derived import program_name
from platformctl.adapters.local.failures import Launches
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.state import Live
from platformctl.adapters.local.supervisor import Process
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import RevisionStatus

_READY_TIMEOUT = 1.0
_READY = 200
_READ_LINES = 100
_MOST_PROBES = 32


@dataclass(frozen=True)
class Replica:
    """One replica as it was found."""

    number: int
    ready: bool
    process: Process | None
    launches: Launches
    failure: str | None

    @property
    def since(self) -> datetime | None:
        """When it began to be as it is.

        For one that is not ready: when it last died, or was first started. For one that is ready: when
        it was started, which is earlier by the seconds that loading took; nobody records when it ended.
        """
        if self.process is None:
            return None
        died = self.process.stopped if not self.ready else None
        return died or self.process.started


def statuses(
    home: Home, lives: Mapping[RevisionId, Live], processes: Mapping[str, Process]
) -> Mapping[RevisionId, RevisionStatus]:
    """How the given revisions are. All replicas are asked at once."""
    asked = [(live, number) for live in lives.values() for number in live.replicas]
    if not asked:
        return {key: combined(live, ()) for key, live in lives.items()}
    with ThreadPoolExecutor(min(len(asked), _MOST_PROBES)) as pool:
        found = list(pool.map(lambda pair: _replica(home, pair[0], pair[1], processes), asked))
    return {
        key: combined(live, [r for (of, _), r in zip(asked, found, strict=True) if of is live])
        for key, live in lives.items()
    }


def combined(live: Live, replicas: Sequence[Replica]) -> RevisionStatus:
    """One revision's status, from those of its replicas."""
    unready = [replica for replica in replicas if not replica.ready]
    concerned = unready or replicas
    return RevisionStatus(
        replicas=live.scale.minimum,
        ready=len(replicas) - len(unready),
        since=max((r.since for r in concerned if r.since), default=None),
        restarts=sum(replica.launches.restarts for replica in replicas),
        failure=next((replica.failure for replica in unready if replica.failure), None),
        detail="; ".join(failures.detail(r.process, r.launches, r.number) for r in unready),
    )


def launches_of(home: Home, program: str) -> Launches:
    """How often a program was started. A life that is long already ends a row of short ones."""
    starts, _, recent = launch.read(str(home.launch(program)))
    if not recent or time.time() - recent[-1][1] >= launch.SHORT_LIFE:
        return Launches(starts)
    return Launches(starts, launch.short_lives(recent[:-1], recent[-1][0]))


def has_failed(home: Home, live: Live, number: int, processes: Mapping[str, Process]) -> bool:
    """Whether a replica has failed for good."""
    return _replica(home, live, number, processes).failure is not None


def _replica(home: Home, live: Live, number: int, processes: Mapping[str, Process]) -> Replica:
    revision = live.revision
    process = processes.get(program_name(revision.id, number))
    ready = process is not None and process.runs and _is_ready(home, live, number)
    launches = launches_of(home, program_name(revision.id, number))
    failure = None
    if not ready:
        lines = logs.tail(home.log(revision.id, number), _READ_LINES)
        failure = failures.failure(process, launches, lines)
    return Replica(number, ready, process, launches, failure)


def _is_ready(home: Home, live: Live, number: int) -> bool:
    url = f"/v2/models/{live.revision.deployment}/ready"
    socket = home.socket(live.revision.id, number)
    return status_of(socket, url, _READY_TIMEOUT) == _READY
