"""V1 to a server that is not ours and speaks V2 only: rows as tensors, tensors as predictions.

What a tensor cannot say is a 400 here: null among texts, and parameters other than V2's.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from kserve import InferInput, InferRequest, InferResponse
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.utils.numpy_codec import to_np_dtype

from platformctl_predictors.inputs.batch import Input, Table
from platformctl_predictors.inputs.columns import Array, BadInput, column_array, object_array
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import Column, Columns, Signature, Tensors, TensorSpec
from platformctl_predictors.outputs import answers

_TYPES = {
    "BOOL": "boolean",
    "INT8": "integer",
    "INT16": "integer",
    "INT32": "integer",
    "UINT8": "integer",
    "UINT16": "integer",
    "UINT32": "long",
    "INT64": "long",
    "UINT64": "long",
    "FP16": "float",
    "FP32": "float",
    "FP64": "double",
    "BYTES": "string",
}


class Tensor(NamedTuple):
    """A tensor as V2's metadata has it; -1 in `shape` stands for any size."""

    name: str
    datatype: str
    shape: tuple[int, ...]


def signature_of(tensors: Sequence[Tensor]) -> Signature | None:
    """What a model takes, by its metadata: columns if each tensor has one value a row.

    None where the metadata has no tensors.
    """
    if not tensors:
        return None
    if all(tensor.shape[1:] in {(), (1,)} for tensor in tensors):
        return Columns(tuple(Column(tensor.name, _TYPES[tensor.datatype]) for tensor in tensors))
    specs = [TensorSpec(t.name, np.dtype(to_np_dtype(t.datatype)).name, t.shape) for t in tensors]
    if len(specs) == 1:
        return Tensors((TensorSpec(None, specs[0].dtype, specs[0].shape),))
    return Tensors(tuple(specs))


class Translation:
    """Between V1 and one model's tensors.

    Args:
        name: The model's.
        tensors: What it takes; none: it does not say.
    """

    def __init__(self, name: str, tensors: Sequence[Tensor]) -> None:
        self._name = name
        self._tensors = {tensor.name: tensor for tensor in tensors}
        self._only = tensors[0] if len(tensors) == 1 else None
        self.signature = signature_of(tensors)
        self._reader = Reader(self.signature)

    def request(self, body: object) -> pb.ModelInferRequest | None:
        """A V1 request as tensors; None if it has no rows.

        Raises:
            BadInput: It does not fit the model, or holds what no tensor can.
        """
        given = self._reader.v1(body)
        if given is None:
            return None
        inputs = [self._input(name, array) for name, array in self._arrays(given)]
        return InferRequest(self._name, inputs).to_grpc()

    def answer(self, response: pb.ModelInferResponse) -> dict[str, Any]:
        """The V1 answer; several outputs are one object a row, `probabilities` and `classes` beside them."""
        outputs = {each.name: _values(each) for each in InferResponse.from_grpc(response).outputs}
        beside = {name: outputs.pop(name) for name in ("probabilities", "classes") if name in outputs}
        predicted = next(iter(outputs.values())) if len(outputs) == 1 else outputs
        return {
            "predictions": answers.predictions(predicted),
            **{name: answers.jsonable(array) for name, array in beside.items()},
        }

    def _arrays(self, given: Input) -> list[tuple[str, Array]]:
        data = given.data
        if isinstance(data, dict):
            return list(data.items())
        if isinstance(data, Table):
            columns = zip(data.columns, zip(*data.rows, strict=True), strict=True)
            return [_column(column, values) for column, values in columns]
        return [(self._only.name if self._only else "input", np.asarray(data))]

    def _input(self, name: str, array: Array) -> Any:  # an InferInput
        known = self._tensors.get(name)
        if known is not None:
            array = array.astype(to_np_dtype(known.datatype))
            if known.shape[1:] == (1,):
                array = array.reshape(-1, 1)
        made = answers.output(name, array)
        tensor = InferInput(name, list(made.data.shape), known.datatype if known else made.datatype)
        tensor.set_data_from_numpy(made.data)
        return tensor


def _column(column: Column, values: Sequence[Any]) -> tuple[str, Array]:
    if column.type in {"string", "any"} and None in values:
        raise BadInput(
            f'column "{column.name}", row {values.index(None)}: null cannot be sent to this predictor'
        )
    return str(column.name), column_array(column, values)


def _values(output: Any) -> Array:  # an InferOutput
    array: Array = output.as_numpy()
    if array.dtype != np.object_:
        return array
    flat = [each.decode(errors="replace") if isinstance(each, bytes) else each for each in array.ravel()]
    return object_array(flat).reshape(array.shape)
