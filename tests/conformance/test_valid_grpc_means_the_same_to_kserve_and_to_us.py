import struct
from typing import Any

import grpc
import numpy as np
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.conformance.pair import Pair, grpc_meaning
from tests.serving.process import READY_S

pytestmark = pytest.mark.quick

COLUMNS: dict[str, tuple[str, str, list[Any]]] = {
    "age": ("INT64", "int64_contents", [45, 22, 2**53]),
    "income": ("FP64", "fp64_contents", [2.5, 0.1, 1e300]),
    "rate": ("FP32", "fp32_contents", [0.25, 0.1, 3e38]),
    "plan": ("BYTES", "bytes_contents", [b"basic", "Größe".encode(), b""]),
    "active": ("BOOL", "bool_contents", [True, False, True]),
}
_PACKED = {"INT64": np.int64, "FP64": np.float64, "FP32": np.float32, "BOOL": np.bool_}
_tensor = pb.ModelInferRequest.InferInputTensor


def stubs(both: Pair, model: str) -> list[Any]:
    return [GRPCInferenceServiceStub(side.grpc[model]) for side in (both.stock, both.ours)]


def typed(rows: int, **fields: Any) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name="frame", **fields)
    for name, (datatype, field, values) in COLUMNS.items():
        contents = pb.InferTensorContents(**{field: values[:rows]})
        request.inputs.append(_tensor(name=name, datatype=datatype, shape=[rows], contents=contents))
    return request


def raw(rows: int, **fields: Any) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name="frame", **fields)
    for name, (datatype, _, values) in COLUMNS.items():
        request.inputs.append(_tensor(name=name, datatype=datatype, shape=[rows]))
        request.raw_input_contents.append(_packed(datatype, values[:rows]))
    return request


def _packed(datatype: str, values: list[Any]) -> bytes:
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(value)) + value for value in values)
    return np.array(values, _PACKED[datatype]).tobytes()


def matrix(datatype: str, field: str, values: list[Any]) -> pb.ModelInferRequest:
    contents = pb.InferTensorContents(**{field: values})
    tensor = _tensor(name="x", datatype=datatype, shape=[2, 2], contents=contents)
    return pb.ModelInferRequest(model_name="array", inputs=[tensor])


REQUESTS = {
    "typed": typed(1),
    "typed, several": typed(3),
    "raw": raw(1),
    "raw, several": raw(3),
    "an id": typed(2, id="abc-1"),
    "parameters": typed(2, parameters={"a": pb.InferParameter(string_param="x")}),
    "FP64": matrix("FP64", "fp64_contents", [1.5, 2, 3, 0.1]),
    "FP32": matrix("FP32", "fp32_contents", [1.5, 2, 3, 0.1]),
    "INT32": matrix("INT32", "int_contents", [1, 2, 3, -4]),
    "UINT64": matrix("UINT64", "uint64_contents", [1, 2, 3, 2**40]),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_inference(both: Pair, name: str) -> None:
    request = REQUESTS[name]
    stock, ours = (
        grpc_meaning(stub.ModelInfer(request, timeout=READY_S), given_id=bool(request.id))
        for stub in stubs(both, request.model_name)
    )
    (*before, [output]), (*ours_before, [ours_output]) = stock, ours
    assert (before, output[:3]) == (ours_before, ours_output[:3])
    assert np.allclose(output[3], ours_output[3], rtol=1e-15, atol=0)


def test_what_is_there_and_ready(both: Pair) -> None:
    stock, ours = stubs(both, "frame")
    for name, request in (
        ("ServerLive", pb.ServerLiveRequest()),
        ("ServerReady", pb.ServerReadyRequest()),
        ("ModelReady", pb.ModelReadyRequest(name="frame")),
    ):
        assert getattr(ours, name)(request, timeout=READY_S) == getattr(stock, name)(request, timeout=READY_S)
    request = pb.ModelMetadataRequest(name="frame")
    said, expected = (stub.ModelMetadata(request, timeout=READY_S) for stub in (ours, stock))
    assert (said.name, said.platform) == (expected.name, expected.platform)


def test_a_method_that_is_not_there(both: Pair) -> None:
    codes = []
    for side in (both.stock, both.ours):
        with pytest.raises(grpc.RpcError) as caught:
            side.grpc["frame"].unary_unary("/inference.GRPCInferenceService/Nothing")(b"", timeout=READY_S)
        codes.append(caught.value.code())
    assert codes == [grpc.StatusCode.UNIMPLEMENTED] * 2


def test_another_model_is_not_found(both: Pair) -> None:
    codes = []
    for stub in stubs(both, "frame"):
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(pb.ModelInferRequest(model_name="other"), timeout=READY_S)
        codes.append(caught.value.code())
    assert codes == [grpc.StatusCode.NOT_FOUND] * 2
