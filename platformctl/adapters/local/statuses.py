"""How a revision is: what supervisord says of its processes, and what each answers itself."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from platformctl.adapters.envoy.unix_http import get, status_of
from platformctl.adapters.local import failures, launch, logs
from platformctl.adapters.local.derived import ready_path
from platformctl.adapters.local.failures import Launches
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.served import sockets
from platformctl.adapters.local.state import Live
from platformctl.adapters.local.supervisor import Process
from platformctl.adapters.local.units import Unit, units
from platformctl.domain import about
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import RevisionStatus, Serving

_READY_TIMEOUT = 1.0
_ABOUT_TIMEOUT = 0.3
_OK = 200
_READ_LINES = 100
_MOST_PROBES = 32


@dataclass(frozen=True)
class Found:
    """One process of a replica as it was found."""

    unit: Unit
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
    """How the given revisions are. All processes are asked at once; then one of each revision what it is."""
    asked = [(live, unit) for live in lives.values() for unit in units(live.revision, live.replicas)]
    if not asked:
        return {key: combined(live, ()) for key, live in lives.items()}
    with ThreadPoolExecutor(min(len(asked), _MOST_PROBES)) as pool:
        every = list(pool.map(lambda pair: _found(home, pair[0], pair[1], processes), asked))
        found = {key: [one for one in every if one.unit.revision == key] for key in lives}
        told = dict(zip(found, pool.map(lambda some: _serving(home, some), found.values()), strict=True))
    return {key: combined(live, found[key], told[key]) for key, live in lives.items()}


def combined(live: Live, found: Sequence[Found], serving: Serving | None = None) -> RevisionStatus:
    """One revision's status, from those of its processes. A replica is ready if all of its own are."""
    unready = [one for one in found if not one.ready]
    concerned = unready or found
    return RevisionStatus(
        replicas=len(live.replicas),
        ready=len({one.unit.replica for one in found} - {one.unit.replica for one in unready}),
        since=max((one.since for one in concerned if one.since), default=None),
        restarts=sum(one.launches.restarts for one in found),
        failure=next((one.failure for one in unready if one.failure), None),
        detail="; ".join(failures.detail(one.process, one.launches, one.unit.words) for one in unready),
        serving=serving,
    )


def launches_of(home: Home, program: str) -> Launches:
    """How often a program was started. A life that is long already ends a row of short ones."""
    starts, _, recent = launch.read(str(home.launch(program)))
    if not recent or time.time() - recent[-1][1] >= launch.SHORT_LIFE:
        return Launches(starts)
    return Launches(starts, launch.short_lives(recent[:-1], recent[-1][0]))


def has_failed(home: Home, live: Live, unit: Unit, processes: Mapping[str, Process]) -> bool:
    """Whether a process has failed for good."""
    return _found(home, live, unit, processes).failure is not None


def _found(home: Home, live: Live, unit: Unit, processes: Mapping[str, Process]) -> Found:
    process = processes.get(unit.program)
    ready = process is not None and process.runs and _is_ready(home, live, unit)
    launches = launches_of(home, unit.program)
    failure = None
    if not ready:
        lines = logs.tail(home.log(unit.revision, unit.stem), _READ_LINES)
        failure = failures.failure(process, launches, lines)
    return Found(unit, ready, process, launches, failure)


def _is_ready(home: Home, live: Live, unit: Unit) -> bool:
    return status_of(_http(home, unit), ready_path(live.revision.deployment), _READY_TIMEOUT) == _OK


def _serving(home: Home, found: Sequence[Found]) -> Serving | None:
    """What the first one that is ready and has the model says of itself."""
    unit = next((one.unit for one in found if one.ready and one.unit.has_the_model), None)
    answer = get(_http(home, unit), about.PATH, _ABOUT_TIMEOUT) if unit else None
    return about.parse(answer[1]) if answer and answer[0] == _OK else None


def _http(home: Home, unit: Unit) -> Path:
    return sockets(home, unit)[0]
