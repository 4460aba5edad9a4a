"""Do one thing to a stack, killed by SIGKILL at its n-th step, for every n; then check, and do it again.

    python -m tests.local.killed_at_each_step FOLDER PORT prepare|commit|scale|remove

A step is what Python's audit events tell of the process: a file opened, renamed or removed, a folder
made, a server connected to. After each kill the state must be the old one or the new one, the router
must serve one that was recorded, and whoever looks next must find all in line. Prints how many died.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformctl.adapters.local import derived
from platformctl.adapters.local.stack import router_of
from platformctl.domain.names import Name
from platformctl.domain.observed import Observed
from platformctl.domain.revision import Revision, Scale
from tests.local.world import LocalWorld, until

NAME = Name("killed")
STEPS = ("os.", "socket.connect", "shutil.", "fcntl.flock")
UNCOUNTED = ("os.listdir", "os.scandir", "os.putenv", "os.walk")


@dataclass(frozen=True)
class Operation:
    """Something to be killed in.

    Args:
        reset: Makes the state that it begins with.
        perform: Does it.
        done: Whether it is done, from what is observed.
    """

    reset: Callable[[], None]
    perform: Callable[[], None]
    done: Callable[[Observed], bool]


def operations(world: LocalWorld, stable: Revision, other: Revision) -> dict[str, Operation]:
    """The four changes that a target knows, on a deployment that serves `stable`."""
    target = world.target

    def only_stable() -> None:
        world.serve(stable)
        target.remove(other.id)
        target.scale(stable.id, Scale())

    def both() -> None:
        world.serve(stable)
        target.prepare(other, Scale())

    two = Scale(minimum=2, maximum=2)
    return {
        "prepare": Operation(
            only_stable, lambda: target.prepare(other, Scale()), lambda seen: other.id in seen.revisions
        ),
        "commit": Operation(both, lambda: world.serve(other), lambda seen: seen.route.share(other.id) == 100),
        "scale": Operation(
            only_stable,
            lambda: target.scale(stable.id, two),
            lambda seen: seen.revisions[stable.id].replicas == 2,
        ),
        "remove": Operation(
            both, lambda: target.remove(other.id), lambda seen: other.id not in seen.revisions
        ),
    }


def killed(operation: Operation, step: int) -> bool:
    """Perform the operation in a child that dies at that step; False if it got to the end before."""
    child = os.fork()
    if child == 0:
        _die_at(step)
        operation.perform()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"it failed at step {step}, and was not killed"
    return False


def _die_at(step: int) -> None:
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if writes or (event.startswith(STEPS) and event not in UNCOUNTED):
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def in_line(world: LocalWorld) -> bool:
    """Whether what runs and what is routed is what the state says."""
    state = world.states.read()
    return router_of(world.home).served() == state.generation and set(
        world.supervisor.processes()
    ) == derived.programs_wanted(state)


def check(world: LocalWorld, operation: Operation, stable: Revision, step: int) -> None:
    """What must be true after a kill; and the same operation again gets to its end."""
    served = router_of(world.home).served()
    assert served is not None
    assert served <= world.states.read().generation
    seen = world.observe(NAME)
    assert sum(seen.route.weights.values()) == 100
    assert set(seen.route.weights) <= set(seen.revisions)
    assert stable.id in seen.revisions

    def healed() -> bool:
        world.observe(NAME)
        return in_line(world)

    until(healed, 45, f"in line after step {step}")
    operation.perform()
    assert operation.done(world.observe(NAME)), f"not done after step {step}"
    assert in_line(world), f"not in line after step {step} and once more"
    assert not list(world.home.root.glob(".*.tmp*"))


def main(folder: str, port: str, what: str) -> None:
    """Kill at each step until one gets to the end."""
    world = LocalWorld(Path(folder), int(port))
    stable, other = world.revision(NAME, 1), world.revision(NAME, 2)
    world.target.prepare(stable, Scale())
    operation = operations(world, stable, other)[what]
    step = 1
    while True:
        operation.reset()
        if not killed(operation, step):
            break
        check(world, operation, stable, step)
        step += 1
    assert operation.done(world.observe(NAME))
    print(step - 1)  # noqa: T201 - read by the test
    world.clear(NAME)


if __name__ == "__main__":
    main(*sys.argv[1:])
