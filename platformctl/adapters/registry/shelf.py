"""New versions of registered models, through the mlflow package: it alone speaks to all artifact stores."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from platformctl.adapters.registry.store import explained, without_deprecations
from platformctl.domain import extras
from platformctl.domain.errors import Unreachable
from platformctl.domain.revision import ModelVersion

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "platformctl exports"
"""Where the files of a version are logged whose own experiment is not known."""

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}


class MlflowShelf:
    """A Shelf: an MLflow server, or a store without one.

    Args:
        uri: Tells the registry's URI when it is first needed.
    """

    def __init__(self, uri: Callable[[], str]) -> None:
        self._uri = uri

    def register(self, source: ModelVersion, folder: Path, tags: Mapping[str, str]) -> str:
        """Log the files of a folder as a model, and register it as a version.

        Returns:
            Its number.

        Raises:
            Unreachable: The registry does not answer, or forbids it.
        """
        uri = self._uri()
        client = _client(uri)
        with explained(uri):
            model = client.create_logged_model(_experiment(client, source), name=f"{source.model}-onnx")
            try:
                client.log_model_artifacts(model.model_id, str(folder))
            except BaseException:
                client.finalize_logged_model(model.model_id, "FAILED")
                raise
            client.finalize_logged_model(model.model_id, "READY")
            made = client.create_model_version(
                source.model, f"models:/{model.model_id}", tags=dict(tags), model_id=model.model_id
            )
        return str(made.version)


def _client(uri: str) -> "MlflowClient":
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)  # mlflow reads them where it uses them
    try:
        with without_deprecations():
            import mlflow  # takes seconds
    except ImportError as error:
        raise Unreachable(
            "a version is registered by the mlflow package, which is not installed",
            hint=f"{extras.install('local')}; or keep the export in a folder: -o FOLDER",
        ) from error
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    # Files go where these say, whatever the client was made with.
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    with explained(uri):
        return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def _experiment(client: "MlflowClient", source: ModelVersion) -> str:
    """The one of the model that was exported, else one of ours."""
    if source.model_id is not None:
        return str(client.get_logged_model(source.model_id).experiment_id)
    known = client.get_experiment_by_name(EXPERIMENT)
    return str(known.experiment_id if known else client.create_experiment(EXPERIMENT))
