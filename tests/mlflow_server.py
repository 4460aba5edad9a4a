"""Real MLflow servers for tests, and models that mlflow itself has logged into them."""

import base64
import json
import os
import signal
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port

_START_SECONDS = 90

ADMIN = ("admin", "a-password-of-the-admin")


@dataclass(frozen=True)
class Server:
    """An MLflow server that answers.

    Args:
        folder: Holds its database `mlflow.db`, its `artifacts` and its `log`.
        credentials: User and password that `call` uses.
        trust: What `call` believes in, for https.
    """

    uri: str
    folder: Path
    credentials: tuple[str, str] | None = None
    trust: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def store(self) -> str:
        """The URI of its database, for whoever opens it without the server."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:  # JSON
        """One call of MLflow's REST API below `/api/2.0/mlflow`.

        Raises:
            AssertionError: It was answered by anything but a 200.
        """
        request = urllib.request.Request(  # noqa: S310 - the URI is ours
            f"{self.uri}/api/2.0/mlflow{path}",
            method=method,
            data=json.dumps(body).encode() if body else None,
            headers={"Content-Type": "application/json", **self._authorization()},
        )
        try:
            with urllib.request.urlopen(request, timeout=30, context=self.trust) as reply:  # noqa: S310 - as above
                return dict(json.loads(reply.read() or b"{}"))
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def _authorization(self) -> dict[str, str]:
        if self.credentials is None:
            return {}
        return {"Authorization": f"Basic {base64.b64encode(':'.join(self.credentials).encode()).decode()}"}

    def register(self, model: str, source: str) -> str:
        """Register another version of a model, which must exist; returns its number."""
        model_id = source.removeprefix("models:/")
        named = {"model_id": model_id} if model_id.startswith("m-") else {}
        made = self.call("POST", "/model-versions/create", name=model, source=source, **named)
        return str(made["model_version"]["version"])

    def model(self, name: str, *sources: str) -> None:
        """Make a registered model, with a version for each source."""
        self.call("POST", "/registered-models/create", name=name)
        for source in sources:
            self.register(name, source)


@contextmanager
def mlflow_server(
    folder: Path,
    *options: str,
    environ: Mapping[str, str] | None = None,
    scheme: str = "http",
    trust: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """Run `mlflow server` on sqlite, with its files in `folder`, until the end of the block."""
    server = Server(f"{scheme}://127.0.0.1:{free_port()}", folder, trust=trust)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(server, options),
            env=_environ(environ or {}),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _until_healthy(server, process)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


@contextmanager
def auth_server(folder: Path) -> Iterator[Server]:
    """Run `mlflow server` with basic authentication; `ADMIN` may do everything."""
    config = folder / "auth.ini"
    config.write_text(
        f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{folder / 'auth.db'}\n"
        f"admin_username = {ADMIN[0]}\nadmin_password = {ADMIN[1]}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        "grant_default_workspace_access = false\nworkspace_cache_max_size = 10\n"
        "workspace_cache_ttl_seconds = 1\nauth_cache_max_size = 10\nauth_cache_ttl_seconds = 1\n"
    )
    environ = {
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "only for tests",
    }
    with mlflow_server(folder, "--app-name", "basic-auth", environ=environ) as server:
        yield Server(server.uri, server.folder, credentials=ADMIN)


def log_churn_like_models(
    uri: str, folder: Path, model: str, *formats: str, environ: Mapping[str, str] | None = None
) -> list[str]:
    """Have mlflow log one tiny model for each format, as a version of `model`; returns their ids (`m-…`).

    Args:
        uri: A server's, or that of a store without one.
        folder: Where a store without a server keeps its files.
        model: The registered model's name.
        formats: `skops`, `pickle`, `cloudpickle` (scikit-learn with signature and example), `bare`
            (cloudpickle without either), `pinned` (skops, with versions of libraries) or `pyfunc`.
        environ: What mlflow is told beside.
    """
    script = Path(__file__).with_name("mlflow_log_models.py")
    ended = subprocess.run(
        [sys.executable, str(script), model, *formats],
        env=_environ({"MLFLOW_TRACKING_URI": uri, **(environ or {})}),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()[-len(formats) :]


def delete_logged_model(folder: Path, model_id: str) -> None:
    """Delete a logged model in the database that is in `folder`, as `mlflow` does."""
    _sql(folder, "UPDATE logged_models SET lifecycle_stage = 'deleted' WHERE model_id = ?", model_id)


def set_status(folder: Path, model: str, version: str, status: str) -> None:
    """Set a version's status in the database that is in `folder`: no API of MLflow leaves it pending."""
    _sql(
        folder,
        "UPDATE model_versions SET status = ?, status_message = ? WHERE name = ? AND version = ?",
        *(status, "still copying", model, int(version)),
    )


def _sql(folder: Path, statement: str, *values: str | int) -> None:
    with closing(sqlite3.connect(folder / "mlflow.db", timeout=20)) as database, database:
        assert database.execute(statement, values).rowcount == 1


def _command(server: Server, options: Sequence[str]) -> list[str]:
    port = server.uri.rpartition(":")[2]
    return [
        *(sys.executable, "-m", "mlflow", "server", "--workers", "1", "--host", "127.0.0.1", "--port", port),
        *("--backend-store-uri", server.store),
        *("--artifacts-destination", str(server.folder / "artifacts")),
        *options,
    ]


def _environ(more: Mapping[str, str]) -> dict[str, str]:
    """Ours without MLflow's variables, which are those of whoever runs the tests."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    return {**kept, **quiet, **more}


def _until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (server.folder / "log").read_text()
        try:
            with urllib.request.urlopen(f"{server.uri}/health", timeout=5, context=server.trust):  # noqa: S310
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no MLflow server after {_START_SECONDS} s: {(server.folder / 'log').read_text()}")
