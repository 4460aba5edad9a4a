"""Where `render` is measured: it asks a registry and no cluster, so none takes processor time beside it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster.stage import SETTINGS, SPEC, environ
from tests.mlflow_server import log_churn_like_models, mlflow_server


@dataclass(frozen=True)
class RegistryAlone:
    """A registry with one model, and a folder with its spec and the settings."""

    folder: Path

    @property
    def environ(self) -> Mapping[str, str]:
        """For commands."""
        return environ()


@contextmanager
def registry_alone() -> Iterator[RegistryAlone]:
    """An MLflow server of our own; it ends with the block."""
    with TemporaryDirectory() as name, mlflow_server(Path(name)) as server:
        model = f"bench-{os.urandom(3).hex()}"
        log_churn_like_models(server.uri, server.folder, model, "skops")
        server.call("POST", "/registered-models/alias", name=model, alias="champion", version="1")
        Path(name, "churn.yaml").write_text(SPEC.format(model=model, scaling="{}"))
        storage = f'[contexts.bench.storage]\n"{server.uri}/" = "s3://models/"\n'
        Path(name, "platformctl.toml").write_text(SETTINGS.format(registry=server.uri) + storage)
        yield RegistryAlone(Path(name))
