"""Other servers of the same model, to compare with. Those that need other libraries get an environment."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.serving.load import HOST
from benchmarks.serving.servers import Command, Failed
from benchmarks.serving.sides import PREDICT, Row, Side, first_leaving, instances
from tests.ports import free_port

Make = Callable[[Path, Path], Side]
"""From the model's folder and a cache to a way of serving it; raises Failed where it cannot be installed."""

MLSERVER = ("mlserver>=1.7", "mlserver-mlflow>=1.7", "uvloop<0.22")  # 1.7.1 fails with a newer uvloop
BENTOML = ("bentoml>=1.4",)
_INSTALL_S = 600


def kserve(model: Path, cache: Path) -> Side:  # noqa: ARG001 as its siblings
    """The server of kserve, V1, a DataFrame into the model."""
    port = free_port()
    arguments = [sys.executable, "-m", "benchmarks.serving.peer_kserve", "--http_port", str(port)]
    command = Command(
        "kserve.Model, a DataFrame", arguments, port, "/v2/health/ready", {"SEED_MODEL": str(model)}
    )
    return Side(command, PREDICT, instances, first_leaving)


def mlflow(model: Path, cache: Path) -> Side:  # noqa: ARG001 as its siblings
    """`mlflow models serve`."""
    port = free_port()
    options = ["--env-manager", "local", "--host", HOST, "--port", str(port)]
    arguments = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model), *options]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"  # it starts uvicorn by name
    command = Command("mlflow models serve", arguments, port, "/ping", {"PATH": path})
    return Side(command, "/invocations", lambda row: {"dataframe_records": [row]}, first_leaving)


def mlserver(model: Path, cache: Path) -> Side:
    """MLServer with its MLflow runtime, V2."""
    bin_ = environment("mlserver", MLSERVER, model, cache)
    port, folder = free_port(), cache / "mlserver-churn"
    folder.mkdir(exist_ok=True)
    more = {"grpc_port": free_port(), "metrics_port": free_port()}
    (folder / "settings.json").write_text(json.dumps({"host": HOST, "http_port": port, **more}))
    runtime = "mlserver_mlflow.MLflowRuntime"
    settings = {"name": "churn", "implementation": runtime, "parameters": {"uri": str(model)}}
    (folder / "model-settings.json").write_text(json.dumps(settings))
    ready = "/v2/models/churn/ready"
    command = Command("MLServer", [str(bin_ / "mlserver"), "start", str(folder)], port, ready)
    return Side(
        command, "/v2/models/churn/infer", _columns, lambda answer: float(answer["outputs"][0]["data"][1])
    )


def bentoml(model: Path, cache: Path) -> Side:
    """BentoML."""
    bin_ = environment("bentoml", BENTOML, model, cache)
    port = free_port()
    service = ["benchmarks.serving.peer_bentoml:Churn", "--host", HOST, "--port", str(port)]
    variables = {"SEED_MODEL": str(model), "PATH": f"{bin_}:/usr/bin:/bin", "BENTOML_DO_NOT_TRACK": "true"}
    command = Command("BentoML", [str(bin_ / "bentoml"), "serve", *service], port, "/readyz", variables)
    return Side(command, "/predict", lambda row: {"row": row}, lambda answer: float(answer[0][1]))


ALL: Mapping[str, Make] = {"kserve": kserve, "mlflow": mlflow, "mlserver": mlserver, "bentoml": bentoml}


def environment(name: str, packages: tuple[str, ...], model: Path, cache: Path) -> Path:
    """The folder of programs of an environment with a peer and the model's own libraries.

    Raises:
        Failed: It cannot be installed.
    """
    home = cache / f"env-{name}"
    installed = home / "installed"
    if not installed.exists():
        uv = str(Path(sys.executable).parent / "uv")
        python = home / "bin" / "python"
        _run([uv, "venv", "--clear", "--python", sys.executable, str(home)], name)
        requirements = ["-r", str(model / "requirements.txt")]
        _run([uv, "pip", "install", "--python", str(python), *packages, *requirements], name)
        installed.touch()
    return home / "bin"


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if done.returncode != 0:
        raise Failed(f"{name} cannot be installed: {done.stderr.strip()[-300:]}")


def _columns(row: Row) -> dict[str, Any]:
    return {"parameters": {"content_type": "pd"}, "inputs": [_tensor(*pair) for pair in row.items()]}


def _tensor(name: str, value: str | float) -> dict[str, Any]:
    if isinstance(value, str):
        text = {"datatype": "BYTES", "parameters": {"content_type": "str"}}
        return {"name": name, "shape": [1], "data": [value], **text}
    return {"name": name, "shape": [1], "data": [value], "datatype": "FP64"}
