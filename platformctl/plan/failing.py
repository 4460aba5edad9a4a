"""When a candidate has failed, without any figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platformctl.domain.observed import RevisionStatus

UNREADY_LIMIT = timedelta(seconds=10)
"""A candidate with weight is rolled back when none of its replicas answers for so long, or when they kept
crashing for so long."""

CRASH_LIMIT = 3
"""A candidate without weight that has crashed so often will not get ready."""

_LOOP = 2
"""Crashes of each replica from which on they are no accident. What starts quickly answers in between."""

_AWAY = timedelta(seconds=30)
"""Looks that are so far apart do not say how it was in between."""


@dataclass(frozen=True)
class Watched:
    """A revision that is looked at again and again.

    Args:
        status: How it is now; None: it is not there at all.
        now: When that was seen, in UTC.
        answered: When a replica of it was last seen to answer, or it was asleep or just got up.
        steady: When one was last seen to, none having crashed for `UNREADY_LIMIT`.
        crashes: How many there were since.
        crashed: When there was last one; None: none was seen.
        wakes: Whether it sleeps, or gets up and has not crashed at that: a model takes its time to load.
    """

    status: RevisionStatus | None
    now: datetime
    answered: datetime
    steady: datetime
    crashes: int = 0
    crashed: datetime | None = None
    wakes: bool = False


def seen(before: Watched | None, status: RevisionStatus | None, now: datetime) -> Watched:
    """A revision after one more look. What happened before the first is not held against it.

    Nor is what happened while nobody looked for long, unless it answered neither before nor after that.
    """
    answers = _answers(status)
    if before is None or (now - before.now >= _AWAY and (answers or _answers(before.status))):
        return Watched(status, now, answered=now, steady=now, wakes=_sleeps(status))
    more = max(0, _restarts(status) - _restarts(before.status))
    crashed = now if more else before.crashed
    wakes = _sleeps(status) or (before.wakes and not answers and not more)
    is_steady = (answers or wakes) and (crashed is None or now - crashed >= UNREADY_LIMIT)
    return Watched(
        status,
        now,
        answered=now if answers or wakes else before.answered,
        steady=now if is_steady else before.steady,
        crashes=0 if is_steady else before.crashes + more,
        crashed=crashed,
        wakes=wakes,
    )


def failure(watched: Watched, *, serves: bool) -> str | None:
    """Say why a candidate has failed, or None while there is hope.

    Args:
        watched: What was seen of it.
        serves: Whether it has weight.
    """
    status = watched.status
    if status is None:
        return "it is not there any more"
    if status.failure:
        return status.failure
    why = _failing(status, watched) if serves else _hopeless(status)
    return why and why + (f": {status.detail}" if status.detail else "")


def _failing(status: RevisionStatus, watched: Watched) -> str | None:
    unready, unsteady = watched.now - watched.answered, watched.now - watched.steady
    if not _answers(status) and unready >= UNREADY_LIMIT:
        return f"it was not ready for {_seconds(unready)}"
    away = status.replicas - status.ready  # such as wait to be started again, which is no restart yet
    is_loop = watched.crashes and watched.crashes + away >= _LOOP * status.replicas
    if is_loop and unsteady >= UNREADY_LIMIT:
        return f"it kept crashing for {_seconds(unsteady)}"
    return None


def _hopeless(status: RevisionStatus) -> str | None:
    return f"it crashed {status.restarts} times" if status.restarts >= CRASH_LIMIT else None


def _answers(status: RevisionStatus | None) -> bool:
    """Whether a request would be answered: what sleeps wakes for it."""
    return status is not None and (status.answers or _sleeps(status))


def _sleeps(status: RevisionStatus | None) -> bool:
    return status is not None and status.asleep and status.failure is None


def _restarts(status: RevisionStatus | None) -> int:
    return status.restarts if status else 0


def _seconds(passed: timedelta) -> str:
    return f"{int(passed.total_seconds())} s"
