"""Bring what is derived in line with the state. Each step is idempotent."""

import contextlib
import time

from platformctl.adapters.envoy.router import Router
from platformctl.adapters.local import derived, served
from platformctl.adapters.local.disk import replace_if_changed, writing
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import AGENT
from platformctl.adapters.local.state import State, StateFile
from platformctl.adapters.local.supervisor import State as ProcessState
from platformctl.adapters.local.supervisor import Supervisor
from platformctl.adapters.local.units import units, waits_for
from platformctl.domain.errors import PlatformctlError, Refused

PUBLISH_TIMEOUT = 10.0
_STOP_TIMEOUT = 40.0
_POLL = 0.05


class Converger:
    """The steps from the state to what runs. All but `retire` are for who holds the state's lock."""

    def __init__(self, home: Home, router: Router) -> None:
        self._home = home
        self._router = router
        self._states = StateFile(home)
        self.supervisor = Supervisor(home.supervisor_socket)

    def write(self, state: State) -> None:
        """Write the servers' settings and supervisord's configuration."""
        home = self._home
        with writing("what is derived from the state", home.root):
            for key, live in state.live.items():
                (home.logs / key).mkdir(exist_ok=True, mode=0o700)
                for unit in units(live.revision, live.replicas):
                    content = served.settings(home, live.revision, unit)
                    replace_if_changed(derived.settings_file(home, unit), content)
            replace_if_changed(home.supervisor_conf, derived.supervisor_conf(home, state).encode())

    def start(self, state: State) -> None:
        """Start what should run and does not."""
        self.supervisor.add()
        wanted = derived.programs_wanted(state) - {AGENT}  # it ends by itself, and is not always needed
        for name, process in self.supervisor.processes().items():
            if name in wanted and process.state is ProcessState.STOPPED:
                self.supervisor.start(name)

    def publish(self, state: State) -> None:
        """Make the router serve the state."""
        if self._router.served() != state.generation:
            self._router.publish(derived.table(self._home, state), PUBLISH_TIMEOUT)

    def bring(self, state: State) -> None:
        """All of it, in the order that loses no request: what comes is there before it is routed to."""
        self.write(state)
        self.start(state)
        self.publish(state)

    def retire(self, names: frozenset[str]) -> None:
        """Stop what the state no longer has, and wait until `names` are gone. Takes the lock itself.

        Raises:
            Refused: One runs on, in spite of SIGKILL.
        """
        deadline = time.monotonic() + _STOP_TIMEOUT
        while True:
            with self._states.locked():
                still = names.intersection(self.supervisor.retire(waits_for))
            if not still:
                return
            if time.monotonic() >= deadline:
                raise Refused(f"{', '.join(still)} cannot be stopped", hint="look at the process and its log")
            time.sleep(_POLL)

    def heal_if_needed(self, state: State, running: frozenset[str]) -> None:
        """Finish what a command that died left, unless another one is at it.

        Args:
            state: As it was read, without the lock.
            running: The names of all programs that supervisord has.
        """
        served = self._router.served()
        if served in {None, state.generation} and running == derived.programs_wanted(state):
            return
        with contextlib.suppress(PlatformctlError), self._states.locked_if_free() as now:
            if now is not None:
                self._heal(now)

    def _heal(self, state: State) -> None:
        self.write(state)
        self.start(state)
        if self._router.served() is not None:
            self.publish(state)
        self.supervisor.retire(waits_for)
