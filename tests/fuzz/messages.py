"""gRPC messages: fields that do not fit each other, and bytes that are no message."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

from tests.fuzz.bodies import DATATYPES, torn
from tests.fuzz.subjects import Subject

INFER = "/inference.GRPCInferenceService/ModelInfer"
_OTHERS = [
    *(f"/inference.GRPCInferenceService/{name}" for name in ("ModelMetadata", "ModelReady", "ServerLive")),
    *(f"/inference.GRPCInferenceService/{name}" for name in ("ServerReady", "ServerMetadata", "Nothing")),
    *(f"/inference.GRPCInferenceService/RepositoryModel{name}" for name in ("Load", "Unload")),
    *("/platformctl.Server/About", "/platformctl.Server/Nothing", "/x/y", "/grpc.health.v1.Health/Check"),
]
_VALUES: dict[str, Any] = {
    "INT64": 3,
    "INT32": 3,
    "FP64": 1.5,
    "FP32": 1.5,
    "BOOL": True,
    "BYTES": b"2024-01-01",
}
_FIELDS = {
    "INT64": "int64_contents",
    "INT32": "int_contents",
    "FP64": "fp64_contents",
    "FP32": "fp32_contents",
    "BOOL": "bool_contents",
    "BYTES": "bytes_contents",
}
_SIZES = st.integers(-2, 4) | st.sampled_from([2**31, 2**32, 2**62, 2**63 - 1, -(2**63)])
_NAMES = st.sampled_from(["churn"] * 5 + ["", "other", "ünï", "a" * 300])
_DATATYPES = st.sampled_from(
    [*_FIELDS, "INT8", "UINT8", "UINT16", "UINT32", "UINT64", "FP16", "", "TEXT", "BF16"]
)
_CONTENTS: dict[str, SearchStrategy[Any]] = {
    "bool_contents": st.lists(st.booleans(), max_size=4),
    "int_contents": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=4),
    "int64_contents": st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4),
    "uint_contents": st.lists(st.integers(0, 2**32 - 1), max_size=4),
    "uint64_contents": st.lists(st.integers(0, 2**64 - 1), max_size=4),
    "fp32_contents": st.lists(st.floats(width=32), max_size=4),
    "fp64_contents": st.lists(st.floats(), max_size=4),
    "bytes_contents": st.lists(st.binary(max_size=9), max_size=4),
}
_PARAMETER = st.one_of(
    st.builds(lambda x: pb.InferParameter(bool_param=x), st.booleans()),
    st.builds(lambda x: pb.InferParameter(int64_param=x), st.integers(-(2**63), 2**63 - 1)),
    st.builds(lambda x: pb.InferParameter(string_param=x), st.text(st.characters(codec="utf-8"), max_size=5)),
    st.builds(pb.InferParameter),
)
_PARAMETERS = st.dictionaries(
    st.sampled_from(["platformctl_v1", "binary_data", "binary_data_size", "depth", "rate", "names", "x"]),
    _PARAMETER,
    max_size=2,
)
_METADATA = st.lists(
    st.tuples(
        st.sampled_from(["x-request-id", "traceparent", "baggage", "x-a-bin", "content-type", "ce-id"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9),
    ),
    max_size=2,
)


@dataclass(frozen=True)
class Message:
    """One call.

    Args:
        method: Its path.
        content: The message.
        metadata: What goes with it.
    """

    method: str
    content: bytes
    metadata: tuple[tuple[str, str | bytes], ...]


def calls(subject: Subject) -> SearchStrategy[Message]:
    """Calls with messages of all sorts."""
    changed = _requests(subject).map(lambda request: bytes(request.SerializeToString()))
    contents = st.one_of(changed, changed, torn(changed), st.binary(max_size=60))
    methods = st.sampled_from([INFER] * 12 + _OTHERS)
    return st.builds(Message, methods, contents, _METADATA.map(_typed))


def valid(subject: Subject, count: int) -> Any:  # a pb.ModelInferRequest
    """A request that the model can answer."""
    if not subject.columns:
        data = pb.InferTensorContents(fp64_contents=[1.5] * (count * subject.width))
        inputs = [_tensor(name="x", shape=[count, subject.width], datatype="FP64", contents=data)]
        return pb.ModelInferRequest(model_name="churn", inputs=inputs)
    return pb.ModelInferRequest(model_name="churn", inputs=[_column(c, count) for c in subject.columns])


def _column(column: Any, count: int) -> Any:
    datatype = DATATYPES[column.type]
    value = b"AAAA" if column.type == "binary" else _VALUES[datatype]
    contents = pb.InferTensorContents(**{_FIELDS[datatype]: [value] * count})
    return _tensor(name=column.name, shape=[count], datatype=datatype, contents=contents)


_tensor = pb.ModelInferRequest.InferInputTensor


@st.composite
def _requests(draw: st.DrawFn, subject: Subject) -> Any:
    """A valid request in which some fields were replaced."""
    request = valid(subject, draw(st.integers(1, 3)))
    for _ in range(draw(st.integers(0, 2))):
        tensor = draw(st.sampled_from(list(request.inputs)))
        tensor.CopyFrom(draw(_changed_tensor(tensor)))
    request.model_name = draw(_NAMES)
    for name, value in draw(_PARAMETERS).items():
        request.parameters[name].CopyFrom(value)
    if draw(st.integers(0, 4)) == 0:
        request.raw_input_contents.extend(draw(st.lists(st.binary(max_size=24), max_size=3)))
    if draw(st.integers(0, 4)) == 0:
        request.outputs.add(name=draw(st.sampled_from(["predict", "x", "", "classes"])))
    if draw(st.integers(0, 4)) == 0:
        del request.inputs[draw(st.integers(0, len(request.inputs))) :]
    return request


@st.composite
def _changed_tensor(draw: st.DrawFn, tensor: Any) -> Any:
    changed = _tensor()
    changed.CopyFrom(tensor)
    which = draw(st.sampled_from(["name", "datatype", "shape", "contents", "more", "parameters"]))
    if which == "name":
        changed.name = draw(st.text(st.characters(codec="utf-8"), max_size=4))
    elif which == "datatype":
        changed.datatype = draw(_DATATYPES)
    elif which == "shape":
        del changed.shape[:]
        changed.shape.extend(draw(st.lists(_SIZES, max_size=4)))
    elif which == "parameters":
        for name, value in draw(_PARAMETERS).items():
            changed.parameters[name].CopyFrom(value)
    else:
        if which == "contents":
            changed.ClearField("contents")
        field = draw(st.sampled_from(sorted(_CONTENTS)))
        getattr(changed.contents, field).extend(draw(_CONTENTS[field]))
    return changed


def _typed(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str | bytes], ...]:
    return tuple((name, text.encode() if name.endswith("-bin") else text) for name, text in pairs)
