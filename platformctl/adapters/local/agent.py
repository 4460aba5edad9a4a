"""The agent, which goes on with rollouts that decide by themselves: what it has to do, and that it runs.

It runs only while there is something to do. Whoever makes something to do writes it down, records the
state, and starts the agent, all under the state's lock; under the same lock the agent finds that there is
nothing to do, and says that it leaves. So a rollout begins before the agent has looked, or after it has
said so: then its end is waited for, and another one is started.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from platformctl.adapters.local import derived
from platformctl.adapters.local.disk import replace_if_changed, writing
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import AGENT
from platformctl.adapters.local.state import State, StateFile, flock
from platformctl.adapters.local.supervisor import Process, Supervisor
from platformctl.domain.base import Frozen
from platformctl.domain.errors import PlatformctlError, Refused
from platformctl.domain.names import Name
from platformctl.domain.rollout import Rollout
from platformctl.plan.upkeep import goes_on_by_itself

_ENDS_IN = 5.0
"""Seconds in which a process that has said that it leaves is gone."""

_POLL = 0.01


class Means(Frozen):
    """What it takes to go on with a deployment, as the commands knew it that committed.

    The last one that knows it counts: `rollout approve` may be given where there is no configuration.

    Args:
        registry: The registry's URI; None: the local stack's.
        prometheus: Where queries are asked; None: only where they say so themselves.
    """

    registry: str | None = None
    prometheus: str | None = None

    def or_else(self, known: "Means | None") -> "Means":
        """These, and what was known where they say nothing."""
        known = known or Means()
        return Means(registry=self.registry or known.registry, prometheus=self.prometheus or known.prometheus)


class Agenda:
    """What the agent has to do with: deployments that go on, and those that it has not tidied up."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def read(self) -> Mapping[Name, Means]:
        """All of them. One that cannot be read is empty: the state says what goes on."""
        try:
            return _AGENDA.validate_json(self._home.agenda.read_bytes())
        except (OSError, ValidationError):
            return {}

    def add(self, name: Name, means: Means) -> None:
        """Write one down. Only under the state's lock."""
        self._write({**self.read(), name: means})

    def drop(self, name: Name) -> None:
        """Strike one off. Only under the state's lock."""
        self._write({key: means for key, means in self.read().items() if key != name})

    def _write(self, agenda: Mapping[Name, Means]) -> None:
        content = {name: means.model_dump() for name, means in sorted(agenda.items())}
        with writing("the agent's agenda", self._home.agenda):
            replace_if_changed(self._home.agenda, json.dumps(content, indent=1).encode() + b"\n")


class Agent:
    """The agent, as those see it who are not it.

    Args:
        home: Whose stack.
        means: What it will need for the deployments that are committed here.
    """

    def __init__(self, home: Home, means: Means | None = None) -> None:
        self._home = home
        self._means = means or Means()
        self._agenda = Agenda(home)
        self._supervisor = Supervisor(home.supervisor_socket)

    def told(self, name: Name, rollout: Rollout, before: Rollout | None) -> None:
        """Write down what is about to be committed, if it goes on by itself. Only under the state's lock."""
        if goes_on_by_itself(rollout):
            known = self._agenda.read().get(name) if before and _is_same(before, rollout) else None
            self._agenda.add(name, self._means.or_else(known))

    def see_to(self, state: State, processes: Mapping[str, Process] | None = None) -> None:
        """See that it runs, if it is needed. What goes wrong there is no reason for a command to fail."""
        if not derived.needs_agent(state):
            return
        known = processes.get(AGENT) if processes is not None else None
        if known is None or not known.runs:
            with contextlib.suppress(PlatformctlError):
                self.start()

    def start(self) -> None:
        """Start it, unless it is on duty. Does not wait until it is.

        Raises:
            Unreachable: The stack is not up.
            Refused: It cannot be started.
        """
        deadline = time.monotonic() + _ENDS_IN
        while (process := self._process()).runs:
            if process.pid != self._left():
                return
            if time.monotonic() >= deadline:
                raise Refused("the agent does not end", hint=f"look at process {process.pid}")
            time.sleep(_POLL)
        self._supervisor.start(AGENT)

    def _process(self) -> Process:
        processes = self._supervisor.processes()
        if AGENT not in processes:  # the stack was brought up by a platformctl that knew none
            self._supervisor.add()
            processes = self._supervisor.processes()
        if AGENT not in processes:
            raise Refused("supervisord knows no agent", hint="platformctl down, then platformctl up")
        return processes[AGENT]

    def _left(self) -> int | None:
        """The process that has said that it leaves."""
        try:
            return int(self._home.agent_lock.read_text())
        except (OSError, ValueError):
            return None


class Duty:
    """The agent's own side of that: what it has to do, and when it may leave.

    Args:
        home: Whose stack.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._states = StateFile(home)
        self._agenda = Agenda(home)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Be on duty.

        Raises:
            Conflict: Another agent of this home is.
        """
        with flock(self._home.agent_lock, 0):
            self._home.agent_lock.write_text("")
            yield

    def due(self) -> Mapping[Name, Rollout]:
        """What goes on by itself.

        Raises:
            StateCorrupt: The state cannot be read.
            Refused: A newer platformctl wrote it.
        """
        deployed = self._states.read().deployments
        return {name: one.rollout for name, one in deployed.items() if goes_on_by_itself(one.rollout)}

    def agenda(self) -> Mapping[Name, Means]:
        """What it was told to do, and with which means; some of it may have ended."""
        return self._agenda.read()

    def is_done(self, name: Name) -> None:
        """Strike off a deployment, unless it goes on again."""
        with self._states.locked() as state:
            deployed = state.deployments.get(name)
            if deployed is None or not goes_on_by_itself(deployed.rollout):
                self._agenda.drop(name)

    def leave(self) -> bool:
        """Say that this process leaves, if there is nothing to do: it must end then."""
        with self._states.locked() as state:
            if derived.needs_agent(state) or self._agenda.read():
                return False
            self._home.launch(AGENT).unlink(missing_ok=True)  # it has not died young: it was done
            self._home.agent_lock.write_text(str(os.getpid()))
            return True


def _is_same(before: Rollout, after: Rollout) -> bool:
    """Whether it is still the same rollout, or its way back."""
    if not goes_on_by_itself(before) or after.auto is None:
        return goes_on_by_itself(before)
    return before.auto is not None and before.auto.began == after.auto.began


_AGENDA: TypeAdapter[Mapping[Name, Means]] = TypeAdapter(Mapping[Name, Means])
