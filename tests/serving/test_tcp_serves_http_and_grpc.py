from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import httpx
import psutil
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.ports import free_port
from tests.serving.process import (
    READY_S,
    REVISION,
    Server,
    run_to_end,
    serving,
    settings,
    wait_for,
)

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def server(models: Path, ports: tuple[int, int]) -> Iterator[Server]:
    listen = {"host": "127.0.0.1", "http": ports[0], "grpc": ports[1]}
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "moods", Path(name), listen=listen)
        with serving(content, Path(name)) as running:
            yield running


@pytest.fixture(scope="module")
def stub(server: Server, ports: tuple[int, int]) -> Iterator[GRPCInferenceServiceStub]:
    assert server.process.poll() is None
    with grpc.insecure_channel(f"127.0.0.1:{ports[1]}") as channel:
        yield GRPCInferenceServiceStub(channel)


def request(mood: str, name: str = "mood") -> pb.ModelInferRequest:
    tensor = pb.ModelInferRequest.InferInputTensor(
        name=name,
        shape=[1],
        datatype="BYTES",
        contents=pb.InferTensorContents(bytes_contents=[mood.encode()]),
    )
    return pb.ModelInferRequest(model_name="churn", inputs=[tensor])


def test_http_answers_and_only_the_named_address_is_open(server: Server, ports: tuple[int, int]) -> None:
    answer = server.v1([{"mood": "fine"}])
    assert (answer.json(), answer.headers["x-platformctl-revision"]) == (
        {"predictions": [1.5]},
        REVISION,
    )
    open_ports = {
        (c.laddr.ip.removeprefix("::ffff:"), c.laddr.port)
        for c in psutil.Process(server.process.pid).connections("inet")
        if c.status == psutil.CONN_LISTEN
    }
    assert open_ports == {("127.0.0.1", ports[0]), ("127.0.0.1", ports[1])}


def test_grpc_answers_with_the_revision_in_its_metadata(stub: GRPCInferenceServiceStub) -> None:
    answer, call = stub.ModelInfer.with_call(request("fine"), timeout=READY_S)
    assert list(answer.outputs[0].contents.fp64_contents) == [1.5]
    assert answer.outputs[0].name == "score"
    assert dict(call.initial_metadata())["x-platformctl-revision"] == REVISION


def test_grpc_takes_raw_tensors_and_answers_in_kind(stub: GRPCInferenceServiceStub) -> None:
    raw = request("")
    raw.inputs[0].ClearField("contents")
    raw.raw_input_contents.append(b"\x04\x00\x00\x00fine")
    answer = stub.ModelInfer(raw, timeout=READY_S)
    assert answer.raw_output_contents == [b"\x00\x00\x00\x00\x00\x00\xf8?"]  # 1.5
    raw.raw_input_contents[0] = b"\x09\x00\x00\x00cut"
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(raw, timeout=READY_S)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_grpc_tells_the_callers_mistake_from_the_models(
    server: Server, stub: GRPCInferenceServiceStub
) -> None:
    with pytest.raises(grpc.RpcError) as mistake:
        stub.ModelInfer(pb.ModelInferRequest(model_name="churn"), timeout=READY_S)
    with pytest.raises(grpc.RpcError) as failure:
        stub.ModelInfer(request("raise"), timeout=READY_S)
    assert mistake.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert failure.value.code() is grpc.StatusCode.INTERNAL
    assert dict(failure.value.initial_metadata())["x-platformctl-revision"] == REVISION
    for code in ("INVALID_ARGUMENT", "INTERNAL"):
        counter = f'{{code="{code}",model="churn",protocol="grpc",revision="{REVISION}"}} '
        # gRPC sends the status before the server's code has ended.
        wait_for(lambda: counter in server.http.get("/metrics").text)  # noqa: B023 called at once


def test_a_taken_port_ends_the_second_server_and_leaves_the_first(
    models: Path, folder: Path, server: Server, ports: tuple[int, int]
) -> None:
    taken = {"host": "127.0.0.1", "http": ports[0]}
    ended = run_to_end(settings(models / "bare", folder, listen=taken), folder)
    assert ended.code == 64
    assert ended.lines[0]["cause"].startswith(f"listen: cannot use 127.0.0.1:{ports[0]}: ")
    free = free_port()
    taken = {"host": "127.0.0.1", "http": free, "grpc": ports[1]}
    ended = run_to_end(settings(models / "bare", folder, listen=taken), folder)
    assert (ended.code, len(ended.lines)) == (64, 1)
    assert ended.lines[0]["cause"].startswith(f"listen.grpc: cannot use 127.0.0.1:{ports[1]}: ")
    assert server.http.get("/v2/health/ready").status_code == httpx.codes.OK
