"""What goes from a transformer's process to its predictor's, by gRPC.

V2's tensors cannot say all that V1 can: null among texts, an absent column, a row that is no table, a
list as a parameter. So between two servers of ours a V1 request is one ModelInfer whose one tensor is the
body as it is, marked by a parameter; the answer likewise. It is also the quickest: 24 columns as tensors
cost more to pack than the prediction does. V2 requests go as the tensors that they are.

What a predictor takes is asked by a method of our own, `platformctl.Server/About`: V2's metadata has no
optional columns, and no type of ours but the numbers. Its answer is that of `GET /platformctl/about`.
"""

from typing import Any

import orjson
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from platformctl_predictors.inputs.signature import (
    AsIs,
    Column,
    Columns,
    Signature,
    Tensors,
    TensorSpec,
)

SERVICE = "platformctl.Server"
ABOUT = "About"

_MARK = "platformctl_v1"
_NAME = "body"


def ask(model_name: str, body: bytes) -> pb.ModelInferRequest:
    """A V1 request, its JSON in `body`."""
    request = pb.ModelInferRequest(model_name=model_name)
    request.parameters[_MARK].bool_param = True
    _put(request.inputs.add(), body)
    return request


def is_marked(request: Any) -> bool:
    """Whether a request is one of these. It may be anything that a caller sent."""
    return isinstance(request, pb.ModelInferRequest) and _MARK in request.parameters


def asked(request: pb.ModelInferRequest) -> bytes | None:
    """The JSON of a V1 request; None: the request is an ordinary one.

    Raises:
        ValueError: It is marked, and holds no body.
    """
    if not is_marked(request):
        return None
    if len(request.inputs) != 1 or len(request.inputs[0].contents.bytes_contents) != 1:
        raise ValueError(f'a request with the parameter "{_MARK}" holds one BYTES tensor of one element')
    return bytes(request.inputs[0].contents.bytes_contents[0])


def answer(model_name: str, body: bytes) -> pb.ModelInferResponse:
    """A V1 answer, its JSON in `body`."""
    response = pb.ModelInferResponse(model_name=model_name)
    _put(response.outputs.add(), body)
    return response


def answered(response: pb.ModelInferResponse) -> bytes:
    """The JSON of a V1 answer."""
    return bytes(response.outputs[0].contents.bytes_contents[0])


def describe(signature: Signature | None) -> Any:  # JSON
    """A signature as JSON."""
    if isinstance(signature, Columns):
        columns = [{"name": c.name, "type": c.type, "required": c.required} for c in signature.columns]
        return {"columns": columns}
    if isinstance(signature, Tensors):
        tensors = [{"name": t.name, "dtype": t.dtype, "shape": list(t.shape)} for t in signature.tensors]
        return {"tensors": tensors}
    return {"as_is": True} if isinstance(signature, AsIs) else None


def described(text: bytes) -> Signature | None:
    """The signature in the JSON of `About`.

    Raises:
        ValueError: It is not what `describe` gives.
    """
    try:
        found = orjson.loads(text)["signature"]
        if found is None:
            return None
        if "columns" in found:
            return Columns(tuple(Column(c["name"], c["type"], c["required"]) for c in found["columns"]))
        if "tensors" in found:
            specs = (TensorSpec(t["name"], t["dtype"], tuple(t["shape"])) for t in found["tensors"])
            return Tensors(tuple(specs))
        return AsIs()
    except (KeyError, TypeError) as error:
        raise ValueError(f"{SERVICE}/{ABOUT} gave something else: {error}") from error


def _put(tensor: Any, body: bytes) -> None:  # an input or an output
    tensor.name = _NAME
    tensor.datatype = "BYTES"
    tensor.shape.append(1)
    tensor.contents.bytes_contents.append(body)
