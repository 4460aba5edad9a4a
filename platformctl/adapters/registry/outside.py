"""Artifact stores that only the mlflow package and its plugins speak to: s3, gs, wasbs and more.

In a process of its own: importing mlflow takes seconds and changes its host's logging and warnings.
"""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platformctl.adapters.registry import files
from platformctl.domain import extras
from platformctl.domain.errors import DeadlinePassed, Refused
from platformctl.domain.revision import ModelVersion

_DEADLINE_SECONDS = 3600
_LAST_LINES = 3


def fetch(version: ModelVersion, folder: Path, registry: str, environ: Mapping[str, str]) -> None:
    """Copy the files of a version that no server hands out.

    Args:
        version: Whose files; its `uri` says where they are.
        folder: Exists and is empty.
        registry: The registry's URI, for what only it can resolve (`runs:/…`).
        environ: The environment, with the credentials of the artifact store.

    Raises:
        Refused: They are out of reach from here, or the disk is full.
        DeadlinePassed: An hour was not enough.
    """
    local = local_path(version.uri)
    if local is None:
        _download(version.uri, folder, registry, environ)
    elif local.is_dir():
        files.copy(local, folder)
    else:
        raise Refused(
            f"the files of {version.label} are in {local}, which is not on this machine",
            hint="run this where the registry keeps its files, or start it with --serve-artifacts",
        )


def read(uri: str, path: str, registry: str, environ: Mapping[str, str]) -> bytes:
    """Read one file of a store that is not this machine's disk.

    Raises:
        Refused: It is not there, or out of reach from here; mlflow does not say which of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        _download(f"{uri.rstrip('/')}/{path}", Path(folder), registry, environ)
        return files.read(Path(folder), path.rpartition("/")[2])


def local_path(uri: str) -> Path | None:
    """The path that a URI without a scheme, or `file:`, means; None for any other."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme else Path(uri)


def _download(uri: str, folder: Path, registry: str, environ: Mapping[str, str]) -> None:
    if urlsplit(uri).scheme == "mlflow-artifacts" and urlsplit(registry).scheme not in {"http", "https"}:
        raise Refused(
            f"{uri} is handed out by an MLflow server, and the registry is named without one",
            hint="name the server instead, e.g. MLFLOW_TRACKING_URI=http://127.0.0.1:5000",
        )
    if importlib.util.find_spec("mlflow") is None:
        raise Refused(
            f"{uri} can only be read by the mlflow package, which is not installed",
            hint=f"{extras.install('local')}; or start the registry with --serve-artifacts",
        )
    ended = _run(uri, folder, registry, environ)
    if ended.returncode:
        said = " ".join(ended.stderr.strip().splitlines()[-_LAST_LINES:])
        raise Refused(
            f"mlflow could not download {uri}: {said}",
            hint=f"does `mlflow artifacts download -u {uri}` work, with your credentials for that store?",
        )
    _flatten(folder, Path(urlsplit(uri).path).name)


def _run(
    uri: str, folder: Path, registry: str, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    quiet = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [sys.executable, "-m", "mlflow", "artifacts", "download", "-u", uri, "-d", str(folder)]
    try:
        return subprocess.run(
            command,
            env={**environ, **quiet, "MLFLOW_TRACKING_URI": registry},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DeadlinePassed(f"mlflow was still downloading {uri} after an hour") from error


def _flatten(folder: Path, name: str) -> None:
    """Mlflow puts the last part of the URI below the destination; move what is in there up."""
    inner = folder / name
    with files.writing(folder):
        if [entry.name for entry in folder.iterdir()] != [name] or not inner.is_dir():
            return
        # Out of the way first: it may hold an entry of its own name.
        aside = inner.rename(folder / f".{name}.download")
        for entry in aside.iterdir():
            entry.rename(folder / entry.name)
        aside.rmdir()
