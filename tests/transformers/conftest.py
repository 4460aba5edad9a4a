"""The models of the model servers' tests, and pairs of a transformer and its predictor."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.serving.conftest import folder, models
from tests.serving.process import Server, serving, settings

__all__ = ["folder", "models"]


@dataclass(frozen=True)
class Pair:
    """A predictor, and a server in front of it that asks it by gRPC; and the gRPC address of each."""

    predictor: Server
    front: Server
    address: str
    front_address: str


@contextmanager
def paired(model: Path, transformer: dict[str, Any] | None = None, **fields: object) -> Iterator[Pair]:
    """A pair in two processes; `fields` are settings of the predictor."""
    with TemporaryDirectory(prefix="srv") as near, TemporaryDirectory(prefix="srv") as far:
        beyond = {"unix": str(Path(far) / "s"), "grpc": str(Path(far) / "g")}
        here = {"unix": str(Path(near) / "s"), "grpc": str(Path(near) / "g")}
        with serving(settings(model, Path(far), listen=beyond, **fields), Path(far)) as predictor:
            address = f"unix:{beyond['grpc']}"
            content = remote(address, Path(near), transformer=transformer, listen=here)
            with serving(content, Path(near)) as front:
                yield Pair(predictor, front, address, f"unix:{here['grpc']}")


def remote(address: str, place: Path, **fields: object) -> dict[str, Any]:
    """Settings of a server whose predictor is another one; it has no model of its own."""
    return settings(place / "none", place, predictor={"kind": "remote", "address": address}, **fields)


@pytest.fixture(scope="session")
def moods(models: Path) -> Iterator[Pair]:
    """A model that answers as it is asked to, behind another server."""
    with paired(models / "moods", limits={"queue": 1}) as pair:
        yield pair
