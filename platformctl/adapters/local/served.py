"""The settings of each model server of a replica, and where it listens. Pure."""

import json
from pathlib import Path

from platformctl.adapters.local.files import code_folder, model_folder
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.units import Role, Unit
from platformctl.domain.revision import Revision
from platformctl.render.settings import Place
from platformctl.render.settings import settings as of_server


def settings(home: Home, revision: Revision, unit: Unit) -> bytes:
    """What one process of a replica is to serve."""
    content = of_server(revision, _place(home, revision, unit))
    return json.dumps(content, indent=1).encode() + b"\n"


def sockets(home: Home, unit: Unit) -> tuple[Path, ...]:
    """Where a process listens: for HTTP and, if it is asked by its transformer, for gRPC."""
    if unit.role is not Role.PREDICTOR:
        return (home.socket(unit.revision, unit.replica),)
    where = (unit.revision, unit.replica)
    return home.predictor_socket(*where), home.predictor_grpc(*where)


def _place(home: Home, revision: Revision, unit: Unit) -> Place:
    where = (unit.revision, unit.replica)
    folders = {part: code_folder(home, revision, part) for part in ("predictor", "transformer")}
    return Place(
        model_dir=str(model_folder(home, revision)),
        listen=dict(zip(("unix", "grpc"), map(str, sockets(home, unit)), strict=False)),
        predictor=None if unit.has_the_model else f"unix:{home.predictor_grpc(*where)}",
        behind=unit.role is Role.PREDICTOR,
        folders={part: str(folder) if folder else None for part, folder in folders.items()},
    )
