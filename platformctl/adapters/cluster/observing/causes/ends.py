"""How a container ended, and whether it would end the same again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes import settings
from platformctl.adapters.cluster.observing.causes.cause import LOOP, SHORT_LIFE, Cause, shortened
from platformctl.domain import last_words

HOPELESS = (64, 65, 66)
"""Exit codes of our servers that another start would end with again (docs/server-contract.md). A person's
own program may mean anything by them, so the words that go with them must be there too."""

SLOW_LOOP = 2
"""The same of lives that ended for want of memory, or after all the time there is to get ready."""

_SHOWN_LINES = 3
_CRASHED, _KILLED = 70, 137


@dataclass(frozen=True, slots=True)
class End:
    """How the last life of a container ended.

    Args:
        state: What the kubelet recorded of it.
        lives: Lives that have ended.
        lines: What it wrote last, oldest first.
        probe: The probe that it was stopped for: startup or liveness; "" if it was for none.
    """

    state: Mapping[str, Any]
    lives: int
    lines: Sequence[str] = ()
    probe: str = ""

    @property
    def code(self) -> int | None:
        """Its exit code."""
        return objects.number(self.state, "exitCode")

    @property
    def is_short(self) -> bool:
        """Whether that life was one of a row of short ones, or the first of a row."""
        started, finished = (objects.moment(self.state, key) for key in ("startedAt", "finishedAt"))
        return not (started and finished) or (finished - started).total_seconds() < SHORT_LIFE


def last(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The end that a container's status tells of; empty if none has ended."""
    now = objects.mapping(status, "state", "terminated")
    return now or objects.mapping(status, "lastState", "terminated")


def lives(status: Mapping[str, Any]) -> int:
    """How many lives of a container have ended."""
    restarts = objects.number(status, "restartCount") or 0
    return restarts + bool(objects.mapping(status, "state", "terminated") or _waits_to_start_again(status))


def is_untold(status: Mapping[str, Any]) -> bool:
    """Whether the log has to be read for why a container ended.

    The kubelet keeps its last 2 KiB where it is told to. The words of our servers may be longer than that.
    """
    end = last(status)
    code, message = objects.number(end, "exitCode"), objects.text(end, "message")
    is_ours = code in (*HOPELESS, _CRASHED)
    return bool(code) and (not message or (is_ours and last_words.said(message.splitlines()) is None))


def cause(end: End, name: str, limit: str, startup: str) -> Cause:
    """Why it ended.

    Args:
        end: How.
        name: The container's.
        limit: The memory that it may use, as its manifest says it; "" if that is not limited.
        startup: How long it may take to get ready, in words; "" if that is not known.
    """
    reason = objects.text(end.state, "reason")
    if reason in settings.STARTS or _is_foreign(end):
        return settings.not_started(name, _written(end))
    loops = end.is_short and end.lives >= LOOP
    loops_soon = end.is_short and end.lives >= SLOW_LOOP
    if reason == "OOMKilled":
        of = f"more than its limit of {limit}" if limit else "more memory than the node had"
        return Cause(f"{name} needed {of} and was killed", _more_memory(name), hopeless=loops_soon)
    said = last_words.said([*end.lines, *objects.text(end.state, "message").splitlines()])
    if said is not None:
        return Cause(said, hopeless=end.code in HOPELESS or loops)
    if end.probe == "startup":
        took = f" within {startup}" if startup else ""
        return Cause(f"{name} did not get ready{took} and was stopped{_tail(end)}", hopeless=loops_soon)
    how = "no longer answered and was started again" if end.probe else _ended(end)
    return Cause(f"{name} {how}{_tail(end)}", hopeless=loops)


def _more_memory(name: str) -> str:
    if name == "storage-initializer":
        return "raise memoryLimit of storageInitializer in KServe's ConfigMap inferenceservice-config"
    return "raise spec.resources.memory"


def _waits_to_start_again(status: Mapping[str, Any]) -> bool:
    return objects.text(status, "state", "waiting", "reason") == "CrashLoopBackOff"


def _ended(end: End) -> str:
    again = f", {end.lives} times" if end.lives > 1 else ""
    if end.code == _KILLED:
        return f"was killed (exit code 137{again})"
    return f"ended with exit code {end.code}{again}"


def _is_foreign(end: End) -> bool:
    """Whether the program is for other processors; that is said by the shell or the runtime, in its log."""
    return "exec format error" in _written(end).lower()


def _written(end: End) -> str:
    return "\n".join([*end.lines, objects.text(end.state, "message")])


def _tail(end: End) -> str:
    lines = [line.strip() for line in end.lines or objects.text(end.state, "message").splitlines()]
    written = " / ".join(line for line in lines[-_SHOWN_LINES:] if line)
    return f": {shortened(written)}" if written else ""
