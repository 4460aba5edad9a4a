"""The ways of serving one model that are compared: how each is started, asked and understood."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving.load import HOST, OK
from benchmarks.serving.servers import Command, Failed, Running, get
from tests.ports import free_port

Row = Mapping[str, Any]

MODEL = "churn"
PREDICT = f"/v1/models/{MODEL}:predict"
EXACT = 1e-9
"""What a batch of another size may differ by; the same arithmetic otherwise."""

CLOSE, FARTHEST, CLOSE_SHARE = 1e-5, 0.05, 0.99
"""Single precision: nearly all rows are close, none is far. The export's own gate is stricter."""


@dataclass(frozen=True)
class Side:
    """One way of serving a model.

    Args:
        command: How its server is started.
        path: Where it is asked.
        body: The body that asks for one row.
        score: The probability of leaving in a parsed answer.
        exact: Whether that is the pipeline's own, and not one in single precision.
        runtime: What our own server has to say that it serves by; None: another's server.
    """

    command: Command
    path: str
    body: Callable[[Row], object]
    score: Callable[[Any], float]
    exact: bool = True
    runtime: str | None = None

    @property
    def name(self) -> str:
        """What a table calls it."""
        return self.command.name


@dataclass(frozen=True)
class Question:
    """A row, and the score that the pipeline itself gives it."""

    row: Row
    score: float


def questions(folder: Path, model: str) -> list[Question]:
    """What `benchmarks.serving.train` wrote."""
    rows = json.loads((folder / "rows.json").read_text())
    return [Question(one["row"], one["scores"][model]) for one in rows]


def requests(side: Side, asked: Sequence[Question]) -> list[bytes]:
    """One request a row, with the headers that a traced caller sends."""
    return [_request(side, number, one.row) for number, one in enumerate(asked)]


def _request(side: Side, number: int, row: Row) -> bytes:
    body = json.dumps(side.body(row)).encode()
    lines = [
        f"POST {side.path} HTTP/1.1",
        f"host: {HOST}:{side.command.port}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-request-id: 00000000-0000-4000-8000-{number:012x}",
        f"traceparent: 00-{number + 1:032x}-{number + 1:016x}-01",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def check(side: Side, asked: Sequence[Question], answers: Sequence[tuple[int, bytes]]) -> None:
    """Compare answers with the pipeline's own scores.

    Raises:
        Failed: They are not those.
    """
    apart = [abs(side.score(json.loads(body)) - asked[number].score) for number, body in answers]
    if not apart:
        raise Failed(f"{side.name} gave no answer that could be checked")
    close = sum(one <= (EXACT if side.exact else CLOSE) for one in apart) / len(apart)
    if close < (1 if side.exact else CLOSE_SHARE) or max(apart) > FARTHEST:
        raise Failed(
            f"{side.name} gives other scores than the pipeline: {len(apart)} were compared, "
            f"{close:.1%} are equal, the farthest is {max(apart):.2g} off"
        )


def seed(model: Path) -> Side:
    """FastAPI around `mlflow.pyfunc`: benchmarks/serving/seed.py. Without uvicorn's log of each request."""
    port = free_port()
    arguments = [sys.executable, "-m", "uvicorn", "benchmarks.serving.seed:app", "--log-level", "warning"]
    command = Command(
        "seed: FastAPI + mlflow.pyfunc",
        [*arguments, "--host", HOST, "--port", str(port)],
        port,
        "/ready",
        {"SEED_MODEL": str(model)},
    )
    return Side(command, "/predict", lambda row: row, first_leaving)


def ours(model: Path, folder: Path, runtime: str) -> Side:
    """Our server, with all defaults: `fused`, `onnx` or `pyfunc`."""
    port = free_port()
    kind = "sklearn" if runtime == "fused" else runtime
    settings = settings_file(folder, model, predictor={"kind": kind}, listen={"host": HOST, "http": port})
    command = serve(f"platformctl, {runtime}", settings, port)
    return Side(command, PREDICT, instances, first_leaving, exact=runtime != "onnx", runtime=runtime)


def settings_file(folder: Path, model: Path, **fields: object) -> Path:
    """Settings with all defaults but `fields`."""
    settings = {
        "schema_version": 1,
        "model_name": MODEL,
        "revision": "churn-v1-000000",
        "model_dir": str(model),
        **fields,
    }
    path = folder / f"serving-{len(list(folder.glob('serving-*')))}.json"
    path.write_text(json.dumps(settings))
    return path


def serve(name: str, settings: Path, port: int) -> Command:
    """Our server, by a file of settings."""
    arguments = [sys.executable, "-m", "platformctl_predictors", "--settings", str(settings)]
    return Command(name, arguments, port, "/v2/health/ready")


def instances(row: Row) -> object:
    """V1."""
    return {"instances": [row]}


def first_leaving(answer: Any) -> float:
    """The second probability of the first row."""
    return float(answer["predictions"][0][1])


def insist(side: Side, server: Running) -> None:
    """Make sure that our server serves by what is to be measured.

    Raises:
        Failed: It serves by something else, or does not say.
    """
    if side.runtime is None:
        return
    status, body = get(server.port, "/platformctl/about")
    about = json.loads(body) if status == OK else {}
    if about.get("runtime") != side.runtime:
        raise Failed(f"{side.name} serves by {about.get('runtime')}: {about.get('why', status)}")
