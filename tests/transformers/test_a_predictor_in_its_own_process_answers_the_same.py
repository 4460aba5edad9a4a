import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc
import httpx
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from platformctl_predictors.exits import Exit
from platformctl_predictors.inputs.signature import Column, Columns
from platformctl_predictors.serving.remote import hop
from platformctl_predictors.serving.remote.introduction import introduce
from tests.ports import free_port
from tests.serving.process import READY_S, REVISION, Server, accepts, serving, settings, spawn, wait_for
from tests.transformers.conftest import Pair, paired, remote

pytestmark = pytest.mark.quick

ASSETS = Path(__file__).parent / "assets"
ECHO = {"kind": "class", "class": "prepare:Echo", "path": str(ASSETS)}
PLANS = {"features": {"rename": {"AGE": "age"}, "default": {"plan": "basic"}}}
V1 = "/v1/models/churn:predict"
ROW = {"AGE": 45, "income": 1.0, "active": True, "since": "2024-01-01"}


def told(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    "rows",
    [
        [{"mood": "fine"}, {"mood": "nan"}],
        [{"mood": "table"}],
        [{"mood": "objects"}],
        [{"mood": "raise"}],
        [{"mood": None}],
        [{"mood": 1}],
        [["fine"]],
        ["fine"],
        [{"temper": "fine"}],
        [{"mood": "fine"}, ["fine"]],
        [{"mood": "fïne ⚡", "more": [{"a": None}]}],
        [],
        "fine",
    ],
)
def test_v1_gets_the_same_answer_and_the_same_complaint(moods: Pair, rows: object) -> None:
    assert told(moods.front.v1(rows)) == told(moods.predictor.v1(rows))


@pytest.mark.parametrize(
    ("shape", "datatype", "data"),
    [
        ([2], "BYTES", ["fine", "nan"]),
        ([2, 1], "BYTES", [["fine"], ["nan"]]),
        ([1], "BYTES", ["table"]),
        ([1], "BYTES", ["raise"]),
        ([1], "INT64", [1]),
    ],
)
def test_v2_does_too(moods: Pair, shape: list[int], datatype: str, data: list[object]) -> None:
    tensor = {"name": "mood", "shape": shape, "datatype": datatype, "data": data}
    status, near = told(moods.front.v2(tensor, id="7"))
    far_status, far = told(moods.predictor.v2(tensor, id="7"))
    assert status == far_status
    assert near.get("error") == far.get("error")
    assert near.get("outputs") == far.get("outputs")


def test_what_no_tensor_can_hold_is_the_callers_mistake(moods: Pair) -> None:
    answer = moods.front.v2({"name": "mood", "shape": [1], "datatype": "BYTES", "data": [None]})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("a tensor cannot be sent to the predictor: ")


def test_a_transformer_stands_in_front_of_it(models: Path) -> None:
    with paired(models / "skops", transformer=PLANS, predictor={"kind": "auto", "output": "both"}) as pair:
        answer = pair.front.v1([ROW]).json()
        plain = {**ROW, "age": 45, "plan": "basic"}
        assert answer == pair.predictor.v1([plain]).json()
        assert answer.keys() == {"predictions", "probabilities", "classes"}
        status, complaint = told(pair.front.v1([{**ROW, "AGE": "old"}]))
        assert (status, complaint["error"][:37]) == (400, 'after the transformer: column "age", ')
        about = pair.front.http.get("/platformctl/about").json()
        assert (about["runtime"], about["transformer"]) == ("remote", "features")
        assert about["signature"]["columns"][0] == {"name": "AGE", "type": "long", "required": True}


@pytest.fixture(scope="module")
def echo() -> Iterator[Pair]:
    with paired(Path("/nowhere"), predictor=ECHO) as pair:
        yield pair


def test_a_class_without_a_signature_gets_what_callers_send(echo: Pair) -> None:
    rows = [{"a": [None, {"b": 0.1}]}, [1, 2], "three", None, 2**63]
    assert echo.front.v1(rows).json()["predictions"] == rows


def test_ids_and_traces_go_on_and_other_headers_do_not(echo: Pair) -> None:
    sent = {"x-request-id": "42", "traceparent": "00-1-2-01", "tracestate": "a=b", "baggage": "c=d"}
    got = echo.front.v1([1], **sent, authorization="secret").json()["headers"]
    assert {name: got.get(name) for name in sent} == sent
    assert "authorization" not in got
    odd = {b"x-request-id": b"\xe9"}  # gRPC has no such header
    assert echo.front.http.post(V1, json={"instances": [1]}, headers=odd).status_code == 200


def test_a_deadline_is_the_whole_ways(moods: Pair, folder: Path) -> None:
    late = moods.front.v1([{"mood": f"wait:{folder}"}], **{"x-envoy-expected-rq-timeout-ms": "100"})
    try:
        assert told(late) == (504, {"error": "the deadline passed before the predictor answered"})
    finally:
        (folder / "release").touch()
        assert moods.front.v1([{"mood": "fine"}]).status_code == 200  # the model waits no more


def test_grpc_goes_on_as_grpc(moods: Pair) -> None:
    tensor = pb.ModelInferRequest.InferInputTensor(name="mood", shape=[1], datatype="BYTES")
    request = pb.ModelInferRequest(model_name="churn", inputs=[tensor])
    request.raw_input_contents.append(b"\x04\x00\x00\x00fine")
    with grpc.insecure_channel(moods.front_address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        answer = stub.ModelInfer(request, timeout=READY_S)
        assert answer.raw_output_contents == [b"\x00\x00\x00\x00\x00\x00\xf8?"]  # 1.5
        request.inputs[0].datatype = "FP64"
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(request, timeout=READY_S)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_what_goes_between_the_two_is_an_ordinary_call_that_says_its_revision(moods: Pair) -> None:
    def told_by(call: grpc.Call | grpc.RpcError) -> str:
        return str(dict(call.trailing_metadata())["x-platformctl-revision"])

    with grpc.insecure_channel(moods.address) as channel:
        stub = GRPCInferenceServiceStub(channel)
        body = b'{"instances": [{"mood": "fine"}]}'
        answer, call = stub.ModelInfer.with_call(hop.ask("churn", body), timeout=READY_S)
        assert (hop.answered(answer), told_by(call)) == (b'{"predictions":[1.5]}', REVISION)
        for wrong in (hop.ask("churn", b"{"), hop.ask("churn", b"[]")):
            with pytest.raises(grpc.RpcError) as caught:
                stub.ModelInfer(wrong, timeout=READY_S)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert told_by(caught.value) == REVISION
        empty = hop.ask("churn", b"{}")
        del empty.inputs[:]
        with pytest.raises(grpc.RpcError) as marked:
            stub.ModelInfer(empty, timeout=READY_S)
        assert marked.value.details() == (
            'a request with the parameter "platformctl_v1" holds one BYTES tensor of one element'
        )


def test_a_full_queue_there_is_a_503_here(moods: Pair, folder: Path) -> None:
    wait = [{"mood": f"wait:{folder}"}]
    in_flight = 'platformctl_in_flight{model="churn",revision="churn-v4-3f9a1c"} '
    with ThreadPoolExecutor() as threads:
        try:
            first = threads.submit(moods.predictor.v1, wait)
            wait_for((folder / "started").exists)
            second = threads.submit(moods.predictor.v1, wait)
            wait_for(lambda: in_flight + "2.0" in moods.predictor.http.get("/metrics").text)
            refused = moods.front.v1([{"mood": "fine"}])
        finally:
            (folder / "release").touch()
        assert (first.result().status_code, second.result().status_code) == (200, 200)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")


READINESS = ("/v2/health/ready", "/v1/models/churn", "/v2/models/churn/ready")


def ready(client: httpx.Client) -> set[int]:
    return {client.get(path).status_code for path in READINESS}


def test_it_is_ready_while_the_predictor_is_and_finds_it_again(folder: Path) -> None:
    there, here = folder / "there", folder / "here"
    there.mkdir()
    here.mkdir()
    listen = {"unix": str(there / "s"), "grpc": str(there / "g")}
    predictor = settings(Path("/nowhere"), there, listen=listen, predictor=ECHO)
    front = remote(f"unix:{listen['grpc']}", here)
    transport = httpx.HTTPTransport(uds=front["listen"]["unix"])
    with httpx.Client(transport=transport, base_url="http://here", timeout=READY_S) as client:
        process, log = spawn(front, here)
        try:
            wait_for(lambda: "waiting for the predictor at unix:" in log.read_text())
            with serving(predictor, there):
                wait_for(lambda: accepts(front["listen"]))
                server = Server(process, log, client)
                assert (ready(client), server.v1([1]).status_code) == ({200}, 200)
            assert ready(client) == {503}
            status, complaint = told(server.v1([1]))
            assert status == 503
            assert complaint["error"].startswith(f"the predictor at unix:{listen['grpc']} cannot be reached")
            with serving(predictor, there):
                assert server.v1([1]).json()["predictions"] == [1]
                assert ready(client) == {200}
        finally:
            process.terminate()
            assert process.wait(READY_S) == 0
    assert "Traceback" not in log.read_text()


def test_no_predictor_in_time_ends_the_start(moods: Pair) -> None:
    with pytest.raises(Exit) as caught:
        introduce("unix:/no/such/socket", "churn", 0.3)
    assert caught.value.code == 64
    assert caught.value.cause.startswith(
        "predictor.address: unix:/no/such/socket was not ready within 0.3 s: UNAVAILABLE: "
    )
    with pytest.raises(Exit) as misnamed:
        introduce(moods.address, "chum", 0.3)
    assert "NOT_FOUND" in misnamed.value.cause


@pytest.fixture(scope="module")
def stock() -> Iterator[str]:
    """Kserve's own server, and its gRPC address."""
    http, port = free_port(), free_port()
    command = [sys.executable, str(ASSETS / "stock.py"), str(http), str(port)]
    with TemporaryDirectory() as place, (Path(place) / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=place)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(READY_S)


@pytest.fixture(scope="module")
def before_stock(stock: str) -> Iterator[Server]:
    rules = {"features": {"default": {"number": 4}}}
    with TemporaryDirectory(prefix="srv") as name:
        place = Path(name)
        with serving(remote(stock, place, transformer=rules), place) as front:
            yield front


def test_a_server_that_is_not_ours_says_what_it_takes_by_its_metadata(stock: str) -> None:
    introduced = introduce(stock, "churn", READY_S)
    assert introduced.signature == Columns((Column("number", "double"), Column("word", "string")))


def test_a_server_that_is_not_ours_gets_tensors(before_stock: Server) -> None:
    assert before_stock.v1([{"number": 1, "word": "xy"}, {"word": "ab"}]).json() == {
        "predictions": [{"double": 2.0, "turned": "yx"}, {"double": 8.0, "turned": "ba"}]
    }
    assert before_stock.v1([]).json() == {"predictions": []}


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"number": "x", "word": "a"}, "column \"number\", row 0: 'x' is not double: a number is expected"),
        ({"number": 1, "word": "fail"}, "the word is fail"),
        ({"number": 1, "word": None}, 'column "word", row 0: null cannot be sent to this predictor'),
    ],
)
def test_its_refusals_and_what_it_cannot_be_sent_are_400s(
    before_stock: Server, row: dict[str, object], error: str
) -> None:
    assert told(before_stock.v1([row])) == (400, {"error": f"after the transformer: {error}"})
