"""A client of supervisord's XML-RPC interface.

Methods, states and faults: http://supervisord.org/api.html
"""

import http.client
import time
import xmlrpc.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import cast

from platformctl.adapters.envoy.unix_http import UnixConnection
from platformctl.domain.errors import Refused, Unreachable

_TIMEOUT = 10.0
_POLL = 0.02


class State(IntEnum):
    """A process's state, as supervisord numbers them."""

    STOPPED = 0
    STARTING = 10
    RUNNING = 20
    BACKOFF = 30
    STOPPING = 40
    EXITED = 100
    FATAL = 200
    UNKNOWN = 1000


_GONE = {State.STOPPED, State.EXITED, State.FATAL, State.UNKNOWN}


class _Fault(IntEnum):
    SHUTDOWN_STATE = 6
    BAD_NAME = 10
    ALREADY_STARTED = 60
    NOT_RUNNING = 70
    ALREADY_ADDED = 90
    STILL_RUNNING = 91
    CANT_REREAD = 92


@dataclass(frozen=True)
class Process:
    """A supervised process.

    Args:
        pid: 0 while it does not run.
        started: When it was last started.
        stopped: When it last ended, if it ever did.
        exit_status: Of its last end; meaningful in state EXITED.
        trouble: What supervisord says of a failed start.
    """

    name: str
    state: State
    pid: int
    started: datetime | None
    stopped: datetime | None
    exit_status: int
    trouble: str

    @property
    def runs(self) -> bool:
        """Whether there is a process now."""
        return self.state in {State.STARTING, State.RUNNING, State.STOPPING}


class Supervisor:
    """One supervisord, by its socket. Every method raises Unreachable if it does not answer."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    @property
    def answers(self) -> bool:
        """Whether it is up and not about to shut down."""
        try:
            state = cast("Mapping[str, int]", self._call("supervisor.getState"))
        except Unreachable:
            return False
        return state["statecode"] == 1

    def pid(self) -> int:
        """Its process."""
        return cast("int", self._call("supervisor.getPID"))

    def processes(self) -> Mapping[str, Process]:
        """All its processes, by name."""
        found = cast("Sequence[Mapping[str, object]]", self._call("supervisor.getAllProcessInfo"))
        return {str(info["group"]): _process(info) for info in found}

    def add(self) -> None:
        """Read the configuration anew and start what is new in it. Idempotent.

        What has changed in it is left as it runs: another client's paths are no reason to restart a
        router under traffic. It takes effect by `renew`, or when supervisord starts.
        """
        added, _, _ = self._reread()
        for name in added:
            self._tolerant("addProcessGroup", name, {_Fault.ALREADY_ADDED})

    def renew(self, name: str, timeout: float = 40.0) -> None:
        """Stop a process, and start it as the configuration has it now.

        Raises:
            Refused: It runs on, in spite of SIGKILL.
        """
        self._reread()
        deadline = time.monotonic() + timeout
        while not (self._gone(name) and self._drop(name)):
            if time.monotonic() >= deadline:
                raise Refused(f"{name} cannot be stopped", hint="look at the process: ps, and its log")
            time.sleep(_POLL)
        self._tolerant("addProcessGroup", name, {_Fault.ALREADY_ADDED})

    def retire(self, waits_for: Callable[[str], str | None]) -> Sequence[str]:
        """Stop what is no longer in the configuration, without waiting; returns what still runs.

        Args:
            waits_for: Which process has to be gone before a process is stopped, if there is one.
        """
        _, _, removed = self._reread()
        still: list[str] = []
        for name in sorted(removed, key=lambda name: waits_for(name) is not None):
            held = waits_for(name) in still
            if held or not (self._gone(name) and self._drop(name)):
                still.append(name)
        return still

    def _drop(self, name: str) -> bool:
        """Forget a process that has ended; False if it has been started again meanwhile."""
        try:
            self._call("supervisor.removeProcessGroup", name)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in {_Fault.BAD_NAME, _Fault.STILL_RUNNING}:
                raise Refused(f"supervisord: {fault.faultString}") from fault
            return fault.faultCode == _Fault.BAD_NAME
        return True

    def start(self, name: str) -> None:
        """Start a process that has ended. Idempotent; does not wait."""
        known = {_Fault.ALREADY_STARTED, _Fault.BAD_NAME}
        self._tolerant("startProcess", name, known, False)  # noqa: FBT003 - XML-RPC takes no keywords

    def shutdown(self) -> None:
        """Stop all processes, then supervisord. Does not wait."""
        self._tolerant_call("supervisor.shutdown", {_Fault.SHUTDOWN_STATE})

    def _gone(self, name: str) -> bool:
        """Whether the process is gone; if not, it has been asked to stop."""
        process = self.processes().get(name)
        if process is None or process.state in _GONE:
            return True
        if process.state is not State.STOPPING:
            known = {_Fault.NOT_RUNNING, _Fault.BAD_NAME}
            self._tolerant("stopProcess", name, known, False)  # noqa: FBT003 - as in start
        return False

    def _reread(self) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        try:
            found = self._call("supervisor.reloadConfig")
        except xmlrpc.client.Fault as fault:
            raise Refused(f"supervisord refuses its configuration: {fault.faultString}") from fault
        (added, changed, removed), *_ = cast("Sequence[Sequence[Sequence[str]]]", found)
        return added, changed, removed

    def _tolerant(self, method: str, name: str, known: set[_Fault], *arguments: object) -> None:
        self._tolerant_call(f"supervisor.{method}", known, name, *arguments)

    def _tolerant_call(self, method: str, known: set[_Fault], *arguments: object) -> None:
        """Call; a fault that says that it is so already, or that it is gone, is no fault."""
        try:
            self._call(method, *arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in known:
                raise Refused(f"supervisord: {fault.faultString}") from fault

    def _call(self, method: str, *arguments: object) -> object:
        body = xmlrpc.client.dumps(arguments, method)  # type: ignore[arg-type] # the stub wants its private union
        connection = UnixConnection(self._socket, _TIMEOUT)
        try:
            connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
            content = connection.getresponse().read()
            return xmlrpc.client.loads(content)[0][0]
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == _Fault.SHUTDOWN_STATE and method != "supervisor.shutdown":
                raise Unreachable("the local stack is going down", hint="platformctl up") from fault
            raise
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable("the local stack is not up", hint="platformctl up") from error
        finally:
            connection.close()


def _process(info: Mapping[str, object]) -> Process:
    return Process(
        name=str(info["group"]),
        state=State(cast("int", info["state"])),
        pid=cast("int", info["pid"]),
        started=_time(info["start"]),
        stopped=_time(info["stop"]),
        exit_status=cast("int", info["exitstatus"]),
        trouble=str(info["spawnerr"]),
    )


def _time(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(cast("int", seconds), UTC) if seconds else None
