from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.serving.process import READY_S
from tests.serving.suspect import ROW, Suspect, suspect

pytestmark = pytest.mark.quick

SERVICE = "/inference.GRPCInferenceService"
FIELDS = {
    "age": ("INT64", "int64_contents", 45),
    "income": ("FP64", "fp64_contents", 2.5),
    "plan": ("BYTES", "bytes_contents", b"basic"),
    "active": ("BOOL", "bool_contents", True),
    "since": ("BYTES", "bytes_contents", b"2024-01-05"),
}


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Suspect]:
    with suspect(models / "skops", limits={"body_bytes": 100_000, "rows": 1000}) as running:
        yield running
        running.answers()


@pytest.fixture(scope="module")
def channel(server: Suspect) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        yield channel


def request(**changes: Any) -> pb.ModelInferRequest:
    """A valid request; `changes` are fields of the age's tensor."""
    made = pb.ModelInferRequest(model_name="churn")
    for name, (datatype, field, value) in FIELDS.items():
        contents = pb.InferTensorContents(**{field: [value]})
        given = {"name": name, "datatype": datatype, "shape": [1], "contents": contents}
        made.inputs.append(_tensor(**{**given, **(changes if name == "age" else {})}))
    return made


_tensor = pb.ModelInferRequest.InferInputTensor


def call(channel: grpc.Channel, message: bytes, method: str = f"{SERVICE}/ModelInfer") -> str:
    try:
        channel.unary_unary(method)(message, timeout=READY_S)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


def test_the_request_that_is_changed_below_is_fine(channel: grpc.Channel) -> None:
    assert list(ROW) == list(FIELDS)
    assert call(channel, request().SerializeToString()) == "OK"


@pytest.mark.parametrize(
    "changes",
    [
        *({"shape": shape} for shape in ([], [0], [2], [-1], [1, 2], [2**31], [2**63 - 1], [2**32, 2**32])),
        *({"shape": shape} for shape in ([1] * 70, [0, 2**62], [-1, -1], [-(2**63)])),
        *(
            {"datatype": datatype}
            for datatype in ("", "INT", "int64", "FP16", "BF16", "BYTES", "BOOL", "FP32")
        ),
        *({"name": name} for name in ("", "AGE", "income", "\u00e4")),
        {"contents": pb.InferTensorContents()},
        {"contents": pb.InferTensorContents(int64_contents=[1, 2])},
        {"contents": pb.InferTensorContents(fp32_contents=[1.5])},
        {"contents": pb.InferTensorContents(bytes_contents=[b"\xff"])},
        {"datatype": "UINT64", "contents": pb.InferTensorContents(uint64_contents=[2**64 - 1])},
        {"datatype": "FP64", "contents": pb.InferTensorContents(fp64_contents=[float("nan")])},
        {"datatype": "FP64", "contents": pb.InferTensorContents(fp64_contents=[float("inf")])},
        {"datatype": "INT32", "contents": pb.InferTensorContents(int64_contents=[2**40])},
    ],
    ids=str,
)
def test_a_tensor_that_does_not_fit(channel: grpc.Channel, changes: dict[str, Any]) -> None:
    assert call(channel, request(**changes).SerializeToString()) in {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}


@pytest.mark.parametrize("raw", [[], [b""], [b"1"], [b"\0" * 7], [b"\0" * 9], [b"\0" * 8] * 2, [b"\xff" * 4]])
def test_raw_contents_of_a_wrong_length(channel: grpc.Channel, raw: list[bytes]) -> None:
    tensor = _tensor(name="age", datatype="INT64", shape=[1])
    message = pb.ModelInferRequest(model_name="churn", inputs=[tensor], raw_input_contents=raw)
    assert call(channel, message.SerializeToString()) == "INVALID_ARGUMENT"


@pytest.mark.parametrize("length", [b"", b"\x01", b"\xff\xff\xff\xff", b"\x05\0\0\0abc", b"\x02\0\0\0abc"])
def test_raw_bytes_whose_lengths_are_wrong(channel: grpc.Channel, length: bytes) -> None:
    tensor = _tensor(name="plan", datatype="BYTES", shape=[1])
    message = pb.ModelInferRequest(model_name="churn", inputs=[tensor], raw_input_contents=[length])
    assert call(channel, message.SerializeToString()) == "INVALID_ARGUMENT"


@pytest.mark.parametrize("message", [b"\xff", b"\0", b"\x0a\xff", b"{}", b"\x0a\x05churn\x2a\x01", bytes(99)])
def test_bytes_that_are_no_message(channel: grpc.Channel, message: bytes) -> None:
    for method in ("ModelInfer", "ModelMetadata"):
        assert call(channel, message, f"{SERVICE}/{method}") == "INVALID_ARGUMENT"


def test_a_message_nested_without_end(channel: grpc.Channel) -> None:
    message = b"".join(b"\x0b" for _ in range(50_000))  # groups in groups
    assert call(channel, message) == "INVALID_ARGUMENT"


def test_another_model_and_another_method(channel: grpc.Channel) -> None:
    for method in ("ModelInfer", "ModelMetadata", "ModelReady"):
        assert call(channel, b"\x0a\x05other", f"{SERVICE}/{method}") == "NOT_FOUND", method
    assert call(channel, b"", f"{SERVICE}/Nothing") == "UNIMPLEMENTED"
    assert call(channel, b"", "/x.Y/Z") == "UNIMPLEMENTED"


def test_a_message_beyond_the_limit(channel: grpc.Channel) -> None:
    assert call(channel, b"\0" * 100_001) == "RESOURCE_EXHAUSTED"


def test_too_many_rows(channel: grpc.Channel) -> None:
    many = pb.ModelInferRequest(model_name="churn")
    for name, (datatype, field, value) in FIELDS.items():
        contents = pb.InferTensorContents(**{field: [value] * 1001})
        many.inputs.append(_tensor(name=name, datatype=datatype, shape=[1001], contents=contents))
    assert call(channel, many.SerializeToString()) == "RESOURCE_EXHAUSTED"


def test_two_inputs_of_one_name(channel: grpc.Channel) -> None:
    twice = request()
    twice.inputs.append(twice.inputs[0])
    assert call(channel, twice.SerializeToString()) == "INVALID_ARGUMENT"


def test_calls_that_are_cancelled_are_forgotten(server: Suspect, channel: grpc.Channel) -> None:
    method = channel.unary_unary(f"{SERVICE}/ModelInfer")
    for _ in range(50):
        method.future(request().SerializeToString(), timeout=READY_S).cancel()
    server.answers()
