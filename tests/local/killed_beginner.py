"""Begin a rollout that decides by itself, and die of SIGKILL right after the n-th change.

    python -m tests.local.killed_beginner HOME AFTER NAME attended|alone < SPEC

`alone`: the client dies before it could see to the agent.
"""

import sys
from dataclasses import replace
from pathlib import Path

from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import router_of
from platformctl.adapters.local.target import LocalTarget
from platformctl.adapters.registry.files import digest_of_folder
from platformctl.adapters.registry.folder import FolderRegistry
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import Name
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from tests.together.killed_client import _Mortal
from tests.together.product import world_of


def main(folder: str, after: str, name: str, how: str) -> None:
    """Deploy what standard input says."""
    world, home = world_of(Path(folder)), Home.at(Path(folder))
    target = world.target
    if how == "alone":
        download, router = FolderRegistry().download, router_of(home)
        target = LocalTarget(
            home, router, download, lambda path: digest_of_folder(Path(path)), world.reporter
        )
    spec = ModelDeployment.model_validate_json(sys.stdin.read())
    mortal = _Mortal(target, int(after))
    deploy(replace(world, target=mortal), DeployRequest(Name(name), spec=spec))  # type: ignore[arg-type]  # a proxy


if __name__ == "__main__":
    main(*sys.argv[1:])
