import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.serving.gate import Gated
from tests.serving.process import READY_S, REVISION, serving, settings, wait_for

pytestmark = pytest.mark.quick

METHOD = "/inference.GRPCInferenceService/ModelInfer"


@pytest.fixture(scope="module")
def running(models: Path) -> Iterator[Gated]:
    """A model that waits where it is told to, over gRPC on a unix socket; one request may wait for it."""
    with TemporaryDirectory(prefix="srv") as name:
        folder = Path(name)
        listen = {"unix": str(folder / "s"), "grpc": str(folder / "g")}
        limits = {"queue": 1, "body_bytes": 50_000}
        content = settings(models / "moods", folder, listen=listen, limits=limits)
        with serving(content, folder) as server:
            yield Gated(server, folder, listen["grpc"])


@pytest.fixture
def server(running: Gated) -> Gated:
    return running.mark()


@pytest.fixture(scope="module")
def channel(running: Gated) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"unix:{running.address}") as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.Channel) -> Any:
    return GRPCInferenceServiceStub(channel)


def request(*moods: str, **fields: Any) -> pb.ModelInferRequest:
    tensor = pb.ModelInferRequest.InferInputTensor(
        name="mood",
        shape=[len(moods)],
        datatype="BYTES",
        contents=pb.InferTensorContents(bytes_contents=[mood.encode() for mood in moods]),
    )
    return pb.ModelInferRequest(**{"model_name": "churn", "inputs": [tensor], **fields})


def refusal(call: Any, *arguments: Any, **options: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, **{"timeout": READY_S, **options})
    return caught.value


class Waiting(threading.Thread):
    """A request that the model is at until `open`."""

    def __init__(self, stub: Any, folder: Path) -> None:
        super().__init__(daemon=True)
        self._stub = stub
        self._folder = folder
        for name in ("started", "release"):
            (folder / name).unlink(missing_ok=True)
        self.start()
        wait_for((folder / "started").exists)

    def run(self) -> None:
        self._stub.ModelInfer(request(f"wait:{self._folder}"), timeout=READY_S)

    def open(self) -> None:
        (self._folder / "release").touch()
        self.join(READY_S)


def test_the_socket_is_the_owners(server: Gated) -> None:
    assert stat.S_IMODE(Path(server.address).stat().st_mode) == 0o600


def test_a_request_id_comes_back_in_the_metadata(stub: Any) -> None:
    _, call = stub.ModelInfer.with_call(request("a"), metadata=(("x-request-id", "r-1"),), timeout=READY_S)
    assert {("x-request-id", "r-1"), ("x-platformctl-revision", REVISION)} <= set(call.initial_metadata())


def test_a_full_queue_and_a_passed_deadline_have_statuses_of_their_own(server: Gated, stub: Any) -> None:
    blocking = Waiting(stub, server.folder)
    late = stub.ModelInfer.future(request("a"), timeout=1.0)
    wait_for(lambda: server.in_flight() == 2)
    full = refusal(stub.ModelInfer, request("b"))
    assert full.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert late.exception().code() is grpc.StatusCode.DEADLINE_EXCEEDED
    blocking.open()
    wait_for(lambda: server.in_flight() == 0)
    assert server.metric("platformctl_batch_rows_count") == 1
    assert server.metric("platformctl_refused_total", reason="queue") == 1
    assert server.metric("platformctl_refused_total", reason="size") == 0


def test_a_message_beyond_the_limit_is_refused(stub: Any) -> None:
    error = refusal(stub.ModelInfer, request("x" * 60_000))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize("message", [b"\xff\xff\xff", b"garbage", b"\x0a\xff\x01" + b"a" * 9])
def test_garbage_is_the_callers_mistake(server: Gated, channel: grpc.Channel, message: bytes) -> None:
    error = refusal(channel.unary_unary(METHOD), message)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    counted = {"protocol": "grpc", "code": "INVALID_ARGUMENT"}
    wait_for(lambda: server.metric("platformctl_requests_total", **counted) == 1)  # after the status


def tensor(**fields: Any) -> pb.ModelInferRequest:
    given = {"name": "mood", "shape": [1], "datatype": "BYTES", **fields}
    return pb.ModelInferRequest(model_name="churn", inputs=[pb.ModelInferRequest.InferInputTensor(**given)])


@pytest.mark.parametrize(
    "wrong",
    [
        pb.ModelInferRequest(model_name="churn"),
        tensor(),
        tensor(datatype="TEXT"),
        tensor(datatype=""),
        tensor(shape=[-1]),
        tensor(shape=[2**10]),
        tensor(shape=[]),
        request("a", raw_input_contents=[b"\x01\x00\x00\x00a"]),
        request("a", raw_input_contents=[b"", b""]),
        request("a", parameters={"platformctl_v1": pb.InferParameter(bool_param=True)}, inputs=[]),
        request("{", parameters={"platformctl_v1": pb.InferParameter(bool_param=True)}),
        request("a", outputs=[pb.ModelInferRequest.InferRequestedOutputTensor(name="nothing")]),
    ],
)
def test_what_does_not_fit_is_an_invalid_argument(stub: Any, wrong: pb.ModelInferRequest) -> None:
    assert refusal(stub.ModelInfer, wrong).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_another_model_is_not_found(stub: Any) -> None:
    assert refusal(stub.ModelInfer, request("a", model_name="x")).code() is grpc.StatusCode.NOT_FOUND


def test_a_mistake_leaves_no_line_in_the_log(server: Gated, stub: Any) -> None:
    before = server.server.log.read_text()
    refusal(stub.ModelInfer, pb.ModelInferRequest(model_name="churn"))
    refusal(stub.ModelMetadata, pb.ModelMetadataRequest(name="x"))
    assert server.server.log.read_text() == before


def test_v1_goes_from_one_server_of_ours_to_another_as_it_is(stub: Any) -> None:
    body = json.dumps({"instances": [{"mood": "fine"}, {"mood": "nan"}]})
    marked = request(body, parameters={"platformctl_v1": pb.InferParameter(bool_param=True)})
    answer = stub.ModelInfer(marked, timeout=READY_S)
    assert json.loads(answer.outputs[0].contents.bytes_contents[0]) == {"predictions": [1.5, None]}


def test_about_is_there_over_grpc_too(server: Gated, channel: grpc.Channel) -> None:
    about = channel.unary_unary("/platformctl.Server/About")(b"", timeout=READY_S)
    assert json.loads(about) == server.server.http.get("/platformctl/about").json()


def test_what_kserve_answers_has_kserves_statuses(stub: Any) -> None:
    assert stub.ModelReady(pb.ModelReadyRequest(name="churn"), timeout=READY_S).ready
    assert stub.ServerLive(pb.ServerLiveRequest(), timeout=READY_S).live
    load = refusal(stub.RepositoryModelUnload, pb.RepositoryModelUnloadRequest(model_name="churn"))
    assert load.code() is grpc.StatusCode.UNIMPLEMENTED
