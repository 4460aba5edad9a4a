"""The same models behind a stock kserve server and behind ours."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import httpx
import numpy as np

from tests.ports import free_port
from tests.serving.process import READY_S, accepts, serving, settings

ASSETS = Path(__file__).parent / "assets"
MODELS = ("frame", "array")


@dataclass(frozen=True)
class Side:
    """One of the two: where each model is answered."""

    http: Mapping[str, httpx.Client]
    grpc: Mapping[str, grpc.Channel]

    def ask(self, model: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; `{}` in the path is the model's name."""
        return self.http[model].request(method, path.replace("{}", model), **options)


@dataclass(frozen=True)
class Pair:
    """Both."""

    stock: Side
    ours: Side

    def ask(
        self, model: str, method: str, path: str, **options: Any
    ) -> tuple[httpx.Response, httpx.Response]:
        """The same request to both: kserve's answer, ours."""
        return self.stock.ask(model, method, path, **options), self.ours.ask(model, method, path, **options)


@contextmanager
def pair() -> Iterator[Pair]:
    """Three processes: kserve serves several models at a time, ours one."""
    with ExitStack() as stack:
        models = Path(stack.enter_context(TemporaryDirectory(prefix="conf")))
        command = [sys.executable, str(ASSETS / "make_served.py"), str(models)]
        subprocess.run(command, check=True, env=_environment(), cwd=models)
        stock = stack.enter_context(_stock(models))
        ours = Side({}, {})
        for name in MODELS:
            http, grpc_port = free_port(), free_port()
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="srv")))
            listen = {"host": "127.0.0.1", "http": http, "grpc": grpc_port}
            content = settings(models / name, folder, listen=listen, model_name=name)
            server = stack.enter_context(serving(content, folder))
            channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{grpc_port}"))
            ours = Side({**ours.http, name: server.http}, {**ours.grpc, name: channel})
        yield Pair(stock, ours)


@contextmanager
def _stock(models: Path) -> Iterator[Side]:
    http, grpc_port = free_port(), free_port()
    command = [sys.executable, str(ASSETS / "stock_server.py"), str(models), str(http), str(grpc_port)]
    with (models / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment(), cwd=models)
    try:
        deadline = time.monotonic() + READY_S
        while not (accepts({"http": http}) and accepts({"http": grpc_port})):
            assert process.poll() is None, (models / "log").read_text()
            assert time.monotonic() < deadline, (models / "log").read_text()
            time.sleep(0.05)
        base = f"http://127.0.0.1:{http}"
        with (
            httpx.Client(base_url=base, timeout=READY_S) as client,
            grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel,
        ):
            yield Side(dict.fromkeys(MODELS, client), dict.fromkeys(MODELS, channel))
    finally:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def meaning(answer: httpx.Response, *, given_id: bool = False) -> Any:
    """What an answer of inference says, whatever its bytes.

    Args:
        answer: Of V1 or V2; binary outputs too.
        given_id: Whether the caller gave one: kserve makes one up otherwise, ours says none.
    """
    if answer.status_code != httpx.codes.OK:
        return answer.status_code
    length = int(answer.headers.get("inference-header-content-length", len(answer.content)))
    said: Any = httpx.Response(200, content=answer.content[:length]).json()
    if "outputs" not in said:
        return said
    rest = answer.content[length:]
    outputs = []
    for output in said["outputs"]:
        size = (output.get("parameters") or {}).get("binary_data_size")
        data = output.get("data")
        if size is not None:
            data, rest = _unpacked(output["datatype"], rest[:size]), rest[size:]
        outputs.append((output["name"], output["shape"], output["datatype"], data))
    return (200, said["model_name"], said.get("id") if given_id else None, outputs)


def _unpacked(datatype: str, raw: bytes) -> list[Any]:
    values: list[Any] = np.frombuffer(raw, {"INT64": np.int64, "FP64": np.float64}[datatype]).tolist()
    return values


def grpc_meaning(answer: Any, *, given_id: bool = False) -> Any:
    """The same for a ModelInferResponse."""
    fields = {"INT64": "int64_contents", "FP64": "fp64_contents"}
    outputs = []
    for index, output in enumerate(answer.outputs):
        if answer.raw_output_contents:
            data = _unpacked(output.datatype, answer.raw_output_contents[index])
        else:
            data = list(getattr(output.contents, fields[output.datatype]))
        outputs.append((output.name, list(output.shape), output.datatype, data))
    return (answer.model_name, answer.id if given_id else None, outputs)
