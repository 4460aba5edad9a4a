"""What `up` and `down` would do, for a dry run. Changes nothing."""

from collections.abc import Sequence

from platformctl.adapters.local import derived
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import REGISTRY
from platformctl.adapters.local.stack import Stack, StackStatus, Wanted, chosen_ports
from platformctl.adapters.local.state import StateFile


def up(home: Home, wanted: Wanted, *, check: bool) -> Sequence[str]:
    """What would be started, a line each.

    Args:
        home: Whose stack.
        wanted: How it should be.
        check: Whether the ports have to be free, as they would have to be.

    Raises:
        SpecError: `check`, and a port is taken.
    """
    status = Stack(home).status()
    lines = [f"start {part.name}" for part in status.parts if not part.runs]
    if wanted.registry and status.registry is None:
        lines.append(f"start {REGISTRY}")
    if not _runs(status):
        lines += [f"start {program}" for program in _replicas(home)]
        if check:
            _must_be_free(home, wanted)
    return lines


def down(home: Home, *, purge: bool) -> Sequence[str]:
    """What would be stopped and removed, a line each."""
    status = Stack(home).status()
    lines = [f"stop {part.name}" for part in status.parts if part.runs]
    if _runs(status):
        lines += [f"stop {program}" for program in _replicas(home)]
    return [*lines, f"remove {home.root}"] if purge and home.root.is_dir() else lines


def _runs(status: StackStatus) -> bool:
    """Whether supervisord does, and so all that it starts."""
    return status.parts[0].runs


def _replicas(home: Home) -> Sequence[str]:
    return sorted(derived.replica_programs(StateFile(home).read()))


def _must_be_free(home: Home, wanted: Wanted) -> None:
    from platformctl.adapters.local import ports  # psutil costs who does not need it its time

    port, mlflow_port = chosen_ports(wanted, StateFile(home).read().stack)
    ports.must_be_free(port, "--port")
    if mlflow_port is not None:
        ports.must_be_free(mlflow_port, "--mlflow-port")
