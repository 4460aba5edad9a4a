"""The queue in front of the model: one call at a time, each of all that waits and may share it.

Greedy: a call never waits for more requests to join. When the model is free, what this turn of the
event loop has queued is taken; while it computes, the next call's requests gather by themselves. That
keeps most of a timer's throughput and costs a lone request nothing.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Sequence
from time import perf_counter
from typing import Generic, Protocol, TypeVar

from platformctl_predictors.serving.failures import QueueFull
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.queue.asking import Asked, pointless
from platformctl_predictors.serving.queue.worker import Worker

QUICK_S = 0.002
"""A call that takes less does not keep the event loop from anything; a thread would cost 50 us more."""

SLOW_S = 0.005
"""A call that takes more is slow, or the machine was busy; several in a row are slow."""

_QUICK_CALLS = 16
_SLOW_CALLS = 3


class Sized(Protocol):
    """What is asked of a model."""

    @property
    def count(self) -> int:
        """Rows; at least 1."""


Work = TypeVar("Work", bound=Sized)
Answer = TypeVar("Answer")
_Work_contra = TypeVar("_Work_contra", bound=Sized, contravariant=True)
_Answer_co = TypeVar("_Answer_co", covariant=True)


class Calls(Protocol[_Work_contra, _Answer_co]):
    """How the model is called."""

    def key(self, work: _Work_contra) -> Hashable | None:
        """Work with equal keys may share a call; None: never."""

    def run(self, batch: Sequence[_Work_contra]) -> Sequence[_Answer_co | Exception]:
        """One answer or failure each. Never raises; called by one thread at a time."""


class Pace:
    """Whether a model is so quick that the event loop may call it itself, by its latest calls.

    Args:
        allowed: False: never, as for code that may wait for something else than the processor.
    """

    def __init__(self, *, allowed: bool) -> None:
        self._allowed = allowed
        self._quick_calls = 0
        self._slow_calls = 0
        self.quick = False

    def note(self, seconds: float) -> None:
        """Take one call's duration into account."""
        if seconds < QUICK_S:
            self._quick_calls += 1
            self._slow_calls = 0
            self.quick = self._allowed and (self.quick or self._quick_calls >= _QUICK_CALLS)
        elif seconds > SLOW_S:
            self._slow_calls += 1
            if self._slow_calls >= _SLOW_CALLS:
                self._quick_calls = 0
                self.quick = False


class _Job(Generic[Work, Answer]):
    """A request that waits."""

    __slots__ = ("answer", "asked", "queued", "work")

    def __init__(self, work: Work, asked: Asked, answer: "asyncio.Future[Answer]") -> None:
        self.work = work
        self.asked = asked
        self.answer = answer
        self.queued = perf_counter()


class Engine(Generic[Work, Answer]):
    """Asks the model for all who wait.

    Args:
        calls: How the model is called.
        rows: In a call that several requests share, at most.
        queue: Requests that wait, at most.
        recorder: Told of each call.
        may_be_quick: Whether the event loop may call the model itself once it has shown to be quick.
    """

    def __init__(
        self,
        calls: Calls[Work, Answer],
        *,
        rows: int,
        queue: int,
        recorder: Recorder,
        may_be_quick: bool,
    ) -> None:
        self._calls = calls
        self._rows = rows
        self._limit = queue
        self._recorder = recorder
        self._queue: deque[_Job[Work, Answer]] = deque()
        self._busy = False
        self._worker = Worker("model")
        self._loop: asyncio.AbstractEventLoop | None = None  # asking for it costs a system call
        self.pace = Pace(allowed=may_be_quick)

    def submit(self, work: Work, asked: Asked) -> "asyncio.Future[Answer]":
        """Queue a request; the future has its answer, or what went wrong.

        Args:
            work: What is asked.
            asked: By whom, and until when: not computed once nobody would have anything from it.

        Raises:
            QueueFull: Too many wait already.
        """
        if len(self._queue) >= self._limit:
            raise QueueFull
        loop = self._loop
        if loop is None or loop.is_closed():
            loop = self._loop = asyncio.get_running_loop()
        job: _Job[Work, Answer] = _Job(work, asked, loop.create_future())
        self._queue.append(job)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._next)
        return job.answer

    def _next(self) -> None:
        """Call the model for what may share a call with the first that waits."""
        batch = self._take()
        if not batch:
            self._busy = False
            return
        rows = sum(job.work.count for job in batch)
        now = perf_counter()
        self._recorder.called(rows, [now - job.queued for job in batch])
        if self.pace.quick and rows <= self._rows:
            self._finish(self._timed(batch))
        else:
            self._worker.start(self._timed, batch, self._finish)

    def _take(self) -> "list[_Job[Work, Answer]]":
        """The first request and those with its key, in order, as many as fit; dropping the pointless."""
        batch: list[_Job[Work, Answer]] = []
        others: list[_Job[Work, Answer]] = []
        key: Hashable | None = None
        room = self._rows
        now = perf_counter()
        while self._queue:
            job = self._queue.popleft()
            if _dropped(job, now):
                continue
            if batch and self._calls.key(job.work) != key:
                others.append(job)
                continue
            if batch and job.work.count > room:
                others.append(job)
                break
            batch.append(job)
            room -= job.work.count
            if len(batch) == 1 and (key := self._calls.key(job.work)) is None:
                break
            if room <= 0:
                break
        self._queue.extendleft(reversed(others))
        return batch

    def _timed(
        self, batch: "list[_Job[Work, Answer]]"
    ) -> "tuple[list[_Job[Work, Answer]], Sequence[Answer | Exception], float]":
        started = perf_counter()
        answers = self._calls.run([job.work for job in batch])
        return batch, answers, perf_counter() - started

    def _finish(self, done: "tuple[list[_Job[Work, Answer]], Sequence[Answer | Exception], float]") -> None:
        batch, answers, seconds = done
        if sum(job.work.count for job in batch) <= self._rows:
            self.pace.note(seconds)
        for job, answer in zip(batch, answers, strict=True):
            if job.answer.done():  # whoever waited was cancelled
                continue
            if isinstance(answer, Exception):
                job.answer.set_exception(answer)
            else:
                job.answer.set_result(answer)
        if self._queue:
            job.answer.get_loop().call_soon(self._next)
        else:
            self._busy = False


def _dropped(job: _Job[Work, Answer], now: float) -> bool:
    """Whether nobody would have anything from the answer; if so, says so."""
    if job.answer.done():
        return True
    why = pointless(job.asked, now)
    if why is not None:
        job.answer.set_exception(why)
    return why is not None
