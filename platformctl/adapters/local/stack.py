"""The local stack, up and down: supervisord, the router, the registry, and all live revisions."""

import http.client
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from platformctl.adapters.envoy.router import Router
from platformctl.adapters.local import derived, logs, statuses
from platformctl.adapters.local.agent import Agent
from platformctl.adapters.local.converge import Converger
from platformctl.adapters.local.disk import writing
from platformctl.adapters.local.failures import is_start
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import AGENT, REGISTRY, ROUTER
from platformctl.adapters.local.state import Stack as Recorded
from platformctl.adapters.local.state import State, StateFile, flock
from platformctl.adapters.local.supervisor import Process, Supervisor
from platformctl.domain import extras
from platformctl.domain.errors import Conflict, DeadlinePassed, Refused, SpecError, Unreachable
from platformctl.domain.names import RevisionId

DEFAULT_PORT = 8780
DEFAULT_MLFLOW_PORT = 8781

_HOST = "127.0.0.1"
_OK = 200
_POLL = 0.05
_NEEDED = ("supervisor", "platformctl_predictors", "psutil")
_DROPPED = ("PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "PYTHONHOME")
_SHOWN_LINES = 5
_READ_LINES = 50
_HOPELESS_LIVES = 2


@dataclass(frozen=True)
class Wanted:
    """How the stack should be. A port that is None is the one it had, else the default.

    Args:
        registry: Whether a local MLflow server runs too.
    """

    port: int | None = None
    mlflow_port: int | None = None
    registry: bool = True


@dataclass(frozen=True)
class Up:
    """The stack after `up`.

    Args:
        already: Whether it was up before, as wanted.
        not_ready: Live revisions whose replicas do not all answer yet.
    """

    already: bool
    port: int
    mlflow_port: int | None
    not_ready: tuple[RevisionId, ...]


@dataclass(frozen=True)
class Part:
    """One part of the stack: whether it runs, as which process, since when."""

    name: str
    runs: bool
    pid: int | None = None
    since: datetime | None = None
    detail: str = ""


@dataclass(frozen=True)
class StackStatus:
    """The stack now.

    Args:
        url: The stable address; None if it was never up.
        registry: The local registry's URI; None if there is none.
    """

    parts: tuple[Part, ...]
    url: str | None
    registry: str | None

    @property
    def is_up(self) -> bool:
        """Whether every part runs."""
        return all(part.runs for part in self.parts)


def router_of(home: Home, port: int | None = None) -> Router:
    """The router of a home: at `port`, else at the recorded one, else at the default one."""
    if port is None:
        recorded = StateFile(home).read().stack
        port = recorded.port if recorded else DEFAULT_PORT
    return Router(home.envoy, home.envoy_admin, port, _HOST)


class Stack:
    """The stack of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._states = StateFile(home)
        self._supervisor = Supervisor(home.supervisor_socket)

    def up(self, wanted: Wanted, timeout: float = 60.0) -> Up:
        """Start what does not run, and wait until it answers. What served before serves again.

        Args:
            wanted: Ports, and whether with a registry.
            timeout: Seconds.

        Raises:
            SpecError: A port is taken, or something is not installed; nothing was started.
            Refused: A part does not survive its start; what was started is stopped.
            Conflict: It is up at another port.
            DeadlinePassed: Something did not answer in time.
            StateCorrupt: The state cannot be read; nothing was started.
        """
        deadline = time.monotonic() + timeout
        _must_be_installed(registry=wanted.registry)
        self._states.read()
        self._home.create()
        with flock(self._home.stack_lock, timeout):
            before = self._states.read().stack
            already = self._supervisor.answers
            state = self._grow(wanted) if already else self._start(wanted)
            try:
                self._await(state, deadline)
            except Refused:
                if not already:
                    self._stop(time.monotonic() + timeout)
                raise
            return self._result(state, already=already and state.stack == before)

    def down(self, *, purge: bool = False, timeout: float = 60.0) -> bool:
        """Stop everything. The state stays, unless `purge` removes the whole home.

        Returns:
            Whether anything ran.

        Raises:
            Refused: A process runs on, or the folder to purge is none of ours.
        """
        if not self._home.root.is_dir():
            return False
        self._home.must_be_ours()
        with flock(self._home.stack_lock, timeout):
            ran = self._stop(time.monotonic() + timeout)
        if purge:
            self._home.purge()
        return ran

    def status(self) -> StackStatus:
        """How each part is. Quick; starts nothing."""
        recorded = self._states.read().stack
        try:
            processes = self._supervisor.processes()
            parts = [Part("supervisord", runs=True, pid=self._supervisor.pid(), since=self._since())]
        except Unreachable as error:
            processes, parts = {}, [Part("supervisord", runs=False, detail=error.message)]
        named = [ROUTER, *([REGISTRY] if recorded and recorded.mlflow_port else [])]
        named += [AGENT] if AGENT in processes and processes[AGENT].runs else []  # it need not
        parts += [_part(name, processes.get(name)) for name in named]
        return StackStatus(
            parts=tuple(parts),
            url=f"http://{_HOST}:{recorded.port}" if recorded else None,
            registry=f"http://{_HOST}:{recorded.mlflow_port}" if recorded and recorded.mlflow_port else None,
        )

    def attend(self) -> Path:
        """See that the agent runs, if it is needed; return where it says what it does.

        Raises:
            Unreachable: The stack is not up.
            Refused: It cannot be started.
        """
        if derived.needs_agent(self._states.read()):
            Agent(self._home).start()
        return self._home.logs / f"{AGENT}.log"

    def _since(self) -> datetime | None:
        """When supervisord started: it writes its pid file then."""
        try:
            return datetime.fromtimestamp(int(self._home.supervisor_pid.stat().st_mtime), UTC)
        except FileNotFoundError:
            return None

    def _grow(self, wanted: Wanted) -> State:
        """Bring a stack that is up in line with the state, and add the registry if it has none."""
        with self._states.locked() as state:
            recorded = state.stack
            if recorded is None:
                raise Refused("a stack runs here that the state does not know", hint="platformctl down")
            _must_agree(recorded, wanted)
            needs_registry = wanted.registry and recorded.mlflow_port is None
            grown = state.with_stack(self._recorded(recorded, wanted)) if needs_registry else state
            if needs_registry:
                self._states.write(grown)
            converger = Converger(self._home, router_of(self._home, recorded.port))
            converger.write(grown)
            converger.start(grown)
            Agent(self._home).see_to(grown)
            return grown

    def _start(self, wanted: Wanted) -> State:
        """Start supervisord over what the state says."""
        from platformctl.adapters.local import orphans  # psutil costs `status` its time

        orphans.stop(self._home.root)
        with self._states.locked() as state:
            recorded = self._recorded(state.stack, wanted)
            started = state if recorded == state.stack else state.with_stack(recorded)
            self._clean(started)
            router = router_of(self._home, recorded.port)
            router.write(derived.table(self._home, started))
            Converger(self._home, router).write(started)
            if started is not state:
                self._states.write(started)
            self._spawn()
        return started

    def _recorded(self, before: Recorded | None, wanted: Wanted) -> Recorded:
        """The stack to be, with ports that are free."""
        from platformctl.adapters.local import ports

        port, mlflow_port = chosen_ports(wanted, before)
        if not self._supervisor.answers:
            ports.must_be_free(port, "--port")
        if mlflow_port is not None:
            ports.must_be_free(mlflow_port, "--mlflow-port")
        if mlflow_port == port:
            raise SpecError(f"the router has port {port} already", field="--mlflow-port")
        command = tuple(router_of(self._home, port).command())
        return Recorded(port=port, mlflow_port=mlflow_port, router=command, python=sys.executable)

    def _clean(self, state: State) -> None:
        """Remove what an earlier life left: sockets, counts of starts, files of what is not live."""
        home = self._home
        with writing("the clean-up of an earlier stack", home.root):
            for leftover in (*home.run.glob("*.sock*"), *home.launches.iterdir(), home.supervisor_pid):
                leftover.unlink(missing_ok=True)
            for folder in home.revisions.iterdir():
                if folder.name not in state.live:
                    shutil.rmtree(folder)

    def _spawn(self) -> None:
        """Start supervisord as a daemon: it leaves our session, and holds none of our descriptors."""
        environment = {key: value for key, value in os.environ.items() if _passes(key)}
        environment |= {"PLATFORMCTL_SUPERVISED_BY": str(self._home.root)}
        beside = str(Path(sys.executable).parent)
        environment["PATH"] = os.pathsep.join((beside, os.environ.get("PATH", os.defpath)))
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._home.supervisor_conf)]
        # A file, not a pipe: the daemon would keep a pipe open, and we would wait for its end.
        said = self._home.logs / "supervisord.start"
        with writing("supervisord's log", said), said.open("wb") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=self._home.root,
                check=False,
            )
        if done.returncode != 0:
            raise Refused(
                f"supervisord did not start: {said.read_text(errors='replace').strip()[-500:]}",
                hint=f"its log is {self._home.logs / 'supervisord.log'}",
            )

    def _await(self, state: State, deadline: float) -> None:
        """Wait until each part answers, and each live revision has been started."""
        while missing := list(self._missing(state)):
            self._must_not_keep_dying()
            if time.monotonic() >= deadline:
                raise DeadlinePassed(
                    f"not up in time: {', '.join(missing)}", hint=f"the logs are in {self._home.logs}"
                )
            time.sleep(_POLL)

    def _missing(self, state: State) -> Iterator[str]:
        if not self._supervisor.answers:
            yield "supervisord"
            return
        stack = state.stack
        processes = self._supervisor.processes()
        if stack and not self._routes(state, stack.port):
            yield "the router"
        if stack and stack.mlflow_port and not _is_healthy(stack.mlflow_port):
            yield "the registry"
        yield from sorted(derived.programs_wanted(state) - set(processes))

    def _routes(self, state: State, port: int) -> bool:
        """Whether the router serves the state; brings it there if it serves another one."""
        router = router_of(self._home, port)
        served = router.served()
        if served not in {None, state.generation}:
            with self._states.locked() as now:
                Converger(self._home, router).publish(now)
        return served is not None

    def _must_not_keep_dying(self) -> None:
        """Raise Refused if a part does not survive its own start: waiting on would be in vain."""
        for name in (ROUTER, REGISTRY):
            if statuses.launches_of(self._home, name).short_lives >= _HOPELESS_LIVES:
                log = self._home.logs / f"{name}.log"
                said = [line for line in logs.tail(log, _READ_LINES) if not is_start(line)]
                text = "\n".join(said[-_SHOWN_LINES:])
                raise Refused(f"{name} does not survive its start:\n{text}", hint=f"see {log}")

    def _result(self, state: State, *, already: bool) -> Up:
        stack = state.stack
        if stack is None:  # both ways to get here have recorded one
            raise AssertionError("a stack that is up and was not recorded")
        found = statuses.statuses(self._home, state.live, self._supervisor.processes())
        not_ready = tuple(sorted(key for key, status in found.items() if not status.is_ready))
        return Up(already, stack.port, stack.mlflow_port, not_ready)

    def _stop(self, deadline: float) -> bool:
        from platformctl.adapters.local import orphans

        ran = self._supervisor.answers
        if ran:
            self._supervisor.shutdown()
        while _answers(self._supervisor) and time.monotonic() < deadline:
            time.sleep(_POLL)
        return bool(orphans.stop(self._home.root)) or ran


def chosen_ports(wanted: Wanted, before: Recorded | None) -> tuple[int, int | None]:
    """The ports of the router and of the wanted registry: as asked for, else as before, else the default."""
    port = wanted.port or (before.port if before else DEFAULT_PORT)
    if not wanted.registry:
        return port, None
    return port, wanted.mlflow_port or (before.mlflow_port if before else None) or DEFAULT_MLFLOW_PORT


def _answers(supervisor: Supervisor) -> bool:
    """Whether it is still there, going down or not."""
    try:
        supervisor.pid()
    except Unreachable as error:
        return "going down" in error.message
    return True


def _must_be_installed(*, registry: bool) -> None:
    needed = (*_NEEDED, "mlflow") if registry else _NEEDED
    absent = [name for name in needed if importlib.util.find_spec(name) is None]
    if absent:
        raise SpecError(f"not installed: {', '.join(absent)}", hint=extras.install("local"))


def _must_agree(recorded: Recorded, wanted: Wanted) -> None:
    """Raise Conflict if the stack is up at other ports than the wanted ones."""
    for option, has, wants in (
        ("--port", recorded.port, wanted.port),
        ("--mlflow-port", recorded.mlflow_port, wanted.mlflow_port),
    ):
        if wants is not None and has is not None and wants != has:
            raise Conflict(
                f"the stack is up at port {has}",
                owner="the stack that runs",
                field=option,
                hint=f"platformctl down, then platformctl up {option} {wants}",
            )


def _passes(variable: str) -> bool:
    """Whether supervisord inherits a variable. MLFLOW_* are for clients, and would bend the server."""
    return variable not in _DROPPED and not variable.startswith("MLFLOW_")


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == _OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _part(name: str, process: Process | None) -> Part:
    if process is None or not process.runs:
        return Part(name, runs=False, detail=process.trouble if process else "")
    return Part(name, runs=True, pid=process.pid, since=process.started)
