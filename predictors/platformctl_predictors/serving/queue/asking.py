"""Who asks, and until when: what a request carries past the model's own interface."""

from contextvars import ContextVar
from typing import NamedTuple, Protocol

from platformctl_predictors.serving.failures import Gone, Late, Refused


class Caller(Protocol):
    """The other end of a request. uvicorn's own object for a request already is one."""

    @property
    def disconnected(self) -> bool:
        """Whether nobody waits for the answer any more."""


class _Present:
    disconnected = False


PRESENT: Caller = _Present()
"""A caller of whom nothing is known."""


class Asked(NamedTuple):
    """A request's deadline and caller.

    Args:
        deadline: perf_counter's time, in seconds; None: none.
        caller: Asked right before the model is called.
    """

    deadline: float | None = None
    caller: Caller = PRESENT


def pointless(asked: Asked, now: float) -> Refused | None:
    """Why nobody would have anything from an answer, if that is so.

    Args:
        asked: By whom, and until when.
        now: perf_counter's time, in seconds.
    """
    if asked.caller.disconnected:
        return Gone()
    if asked.deadline is not None and asked.deadline <= now:
        return Late()
    return None


ASKED: ContextVar[Asked] = ContextVar("ASKED", default=Asked())  # noqa: B039 it is immutable
"""The request that this task answers; how it gets through a transformer to the predictor."""
