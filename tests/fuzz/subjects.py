"""The model servers that are fuzzed, each with what its callers may send."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.ports import free_port
from tests.serving.process import Server, serving, settings

ASSETS = Path(__file__).parent / "assets"

FEATURES = {
    "rename": {"AGE": "age"},
    "default": {"plan ünï": "basic", "active": True},
    "cast": {"income": "double"},
}


@dataclass(frozen=True)
class Column:
    """What callers send by this name."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Subject:
    """A running server.

    Args:
        name: Of the subject.
        server: Its process.
        http: Its HTTP port.
        grpc: Its gRPC port.
        columns: What a row has; none: `width` numbers.
        width: Of a row without columns.
        params: Parameters of the signature, by their types; a list's is in brackets.
    """

    name: str
    server: Server
    http: int
    grpc: int
    columns: tuple[Column, ...] = ()
    width: int = 0
    params: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """What is started for a subject.

    Args:
        model: The folder of its model.
        settings: More settings.
        columns: What its rows have, where its server does not say.
    """

    model: str
    settings: Mapping[str, object]
    columns: tuple[Column, ...] = ()


PLANS = {
    "fused": Plan("columns", {"predictor": {"kind": "auto", "output": "both"}}),
    "tensor": Plan("tensor", {}),
    "features": Plan("columns", {"predictor": {"kind": "pipeline"}, "transformer": {"features": FEATURES}}),
}
"""Those that are fuzzed by hand and in the tests."""

BROKEN = Plan(
    "columns",
    {"predictor": {"kind": "class", "class": "broken_on_zero:BrokenOnZero", "path": str(ASSETS)}},
    (Column("age", "long", required=True),),
)

_PARAMS = {"depth": "long", "rate": "double", "mode": "string", "names": "[string]"}


def make_models(folder: Path) -> None:
    """Save the models into a folder."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, str(ASSETS / "make_fuzzed.py"), str(folder)]
    subprocess.run(command, check=True, env=environment, cwd=folder)


@contextmanager
def running(name: str, plan: Plan, models: Path) -> Iterator[Subject]:
    """A ready server."""
    http, grpc = free_port(), free_port()
    listen = {"host": "127.0.0.1", "http": http, "grpc": grpc}
    with TemporaryDirectory(prefix="fuzz") as folder:
        content = settings(models / plan.model, Path(folder), listen=listen, **plan.settings)
        with serving(content, Path(folder)) as server:
            columns, width = plan.columns, 0
            if not columns:
                columns, width = _said(server)
            params = _PARAMS if columns and not plan.columns else None
            yield Subject(name, server, http, grpc, columns, width, params)


def _said(server: Server) -> tuple[tuple[Column, ...], int]:
    """The columns, or the width of a row, as the server itself says."""
    signature: Any = server.http.get("/platformctl/about").json()["signature"]
    if signature.get("columns"):
        return tuple(Column(c["name"], c["type"], c["required"]) for c in signature["columns"]), 0
    return (), int(signature["tensors"][0]["shape"][1])
