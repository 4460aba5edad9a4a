"""A client that kills itself with SIGKILL after its n-th change, or tells how many it makes.

    python -m tests.together.killed_client HOME AFTER NAME VERB [FOLDER [CANARY]]

AFTER is the number of the call, among those that change the target, right after which it dies; 0: it
lives, and prints how many there were.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.ports import Target
from platformctl.usecases.automatic import Driver
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.together.deciding import is_over
from tests.together.product import world_of

_CHANGES = {"prepare", "commit", "forget", "remove"}
"""Not `scale`: where it changes something, it is one write of the state, as `prepare` has among others."""


class _Mortal:
    """A target whose client dies right after its n-th change."""

    def __init__(self, target: Target, after: int) -> None:
        self._target, self._after = target, after
        self.changes = 0

    def __getattr__(self, name: str) -> object:
        member = getattr(self._target, name)
        return self._counted(member) if name in _CHANGES else member

    def _counted(self, member: object) -> object:
        def call(*arguments: object) -> object:
            result = member(*arguments)  # type: ignore[operator]  # whatever the port's method takes
            self.changes += 1
            if self.changes == self._after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


def run(world: World, name: Name, verb: str, arguments: list[str]) -> None:
    """Do what a command line would."""
    match verb, arguments:
        case "deploy", [folder, *canary]:
            spec = Spec(model=ModelSource(path=folder))
            wanted = ModelDeployment(metadata=Metadata(name=name), spec=spec)
            deploy(world, DeployRequest(name, spec=wanted, canary=int(canary[0]) if canary else None))
        case "promote", []:
            promote(world, name, None)
        case "rollback", []:
            rollback(world, name, None)
        case "prune", []:
            prune(world, name, 0)
        case "delete", []:
            delete(world, name)
        case "drive", []:
            driver = Driver(world)
            while not is_over(world.target.observe(name)):
                with suppress(Conflict):  # the agent's turn
                    driver.turn(name)
                time.sleep(0.2)
        case _:
            raise SystemExit(f"what is {verb} {arguments}?")


def main(home: str, after: str, name: str, verb: str, *arguments: str) -> None:
    """Run one command, and die in it if so wanted."""
    world = world_of(Path(home))
    mortal = _Mortal(world.target, int(after))
    run(replace(world, target=mortal), Name(name), verb, list(arguments))  # type: ignore[arg-type]  # a proxy
    sys.stdout.write(f"{mortal.changes}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
