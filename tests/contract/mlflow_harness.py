"""A real MLflow in the contract suite: by REST, and from its database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.adapters.registry.store import StoreRegistry
from platformctl.ports import Registry
from tests.mlflow_server import (
    delete_logged_model,
    log_churn_like_models,
    mlflow_server,
    set_status,
)
from tests.ports import free_port

_MODEL = "Churn, kept to the contract"
_FORMATS = ("skops", "cloudpickle", "bare", "bare")


@dataclass(frozen=True)
class MlflowHarness:
    """An MLflow with the four versions that the suite asks for.

    Args:
        ids: The ids of their logged models.
        artifacts: The folder in which mlflow keeps their files, somewhere below.
    """

    registry: Registry
    unreachable: Registry
    ids: list[str]
    artifacts: Path
    model: str = _MODEL

    def files(self, version: str) -> Mapping[str, bytes]:
        """Read them from the disk that MLflow wrote them to."""
        [root] = self.artifacts.rglob(f"{self.ids[int(version) - 1]}/artifacts")
        found = [path for path in root.rglob("*") if path.is_file()]
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@contextmanager
def rest_registry(folder: Path) -> Iterator[MlflowHarness]:
    """MLflow behind a server."""
    with mlflow_server(folder) as server:
        ids = _fill(server.uri, folder)
        down = RestRegistry(f"http://127.0.0.1:{free_port()}", {})
        yield MlflowHarness(RestRegistry(server.uri, {}), down, ids, folder / "artifacts")


@contextmanager
def store_registry(folder: Path) -> Iterator[MlflowHarness]:
    """MLflow's database, opened by mlflow in this process."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    ids = _fill(uri, folder)
    down = StoreRegistry(f"sqlite:///{folder / 'missing.db'}", lambda *_: None)
    yield MlflowHarness(StoreRegistry(uri, lambda *_: None), down, ids, folder)


def _fill(uri: str, folder: Path) -> list[str]:
    ids = log_churn_like_models(uri, folder, _MODEL, *_FORMATS)
    delete_logged_model(folder, ids[2])
    set_status(folder, _MODEL, "4", "PENDING_REGISTRATION")
    return ids
