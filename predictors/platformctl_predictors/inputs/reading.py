"""The bodies of requests, V1 and V2, to checked rows. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from platformctl_predictors.inputs import arrays, tensors
from platformctl_predictors.inputs.batch import Data, Input, Params, Table
from platformctl_predictors.inputs.columns import BadInput, shown
from platformctl_predictors.inputs.objects import untold
from platformctl_predictors.inputs.params import ParamReader
from platformctl_predictors.inputs.rows import Rows
from platformctl_predictors.inputs.signature import AsIs, Columns, Param, Signature, Tensors
from platformctl_predictors.inputs.tensors import Tensor


class Reader:
    """Reads requests for one model.

    Args:
        signature: What the model expects; None: whatever comes.
        params: The parameters that it knows.
    """

    def __init__(self, signature: Signature | None, params: Sequence[Param] = ()) -> None:
        self._signature = signature
        self._params = ParamReader(params)
        self._rows = Rows(signature) if isinstance(signature, Columns) else None

    def v1(self, body: object) -> Input | None:
        """The rows of a V1 request; None if it has none.

        A row is an object by column name, a list in the signature's order, or a bare value where a row
        is one value.

        Raises:
            BadInput: It does not fit the model.
        """
        rows = instances(body)
        params = self._params.v1(body.get("params"))  # type: ignore[attr-defined]  # instances() saw a dict
        if not rows:
            return None
        if self._rows is None:
            return _input(self._untabled(rows), params)
        table, extra = self._rows.read(rows)
        return Input(table, len(rows), params, extra)

    def v2(self, inputs: Sequence[Tensor], parameters: Mapping[str, Any]) -> Input | None:
        """The rows of a V2 request; None if its tensors have none.

        Raises:
            BadInput: It does not fit the model.
        """
        params = self._params.v2(parameters)
        count = tensors.row_count(inputs)
        if count == 0:
            return None
        if self._rows is not None:
            table, extra = tensors.table(inputs, self._rows, count)
            return Input(table, count, params, extra)
        if isinstance(self._signature, Tensors):
            return _input(tensors.named(inputs, self._signature), params)
        return _input(tensors.untold(inputs, as_is=isinstance(self._signature, AsIs)), params)

    def _untabled(self, rows: list[Any]) -> Data:
        if isinstance(self._signature, AsIs):
            return rows
        if isinstance(self._signature, Tensors):
            return arrays.tensors(rows, self._signature)
        return untold(rows)


def instances(body: object) -> list[Any]:
    """The rows of a V1 request.

    Raises:
        BadInput: The body is not an object with a list called "instances".
    """
    if not isinstance(body, dict):
        raise BadInput('the body must be a JSON object: {"instances": [...]}', "body")
    if "instances" not in body:
        found = ", ".join(sorted(str(key) for key in body)) or "nothing"
        raise BadInput(f'the body has no "instances"; it has: {shown(found)}', "body")
    rows = body["instances"]
    if not isinstance(rows, list):
        raise BadInput(f'"instances" must be a list of rows, not {type(rows).__name__}', "body")
    return rows


def _input(data: Data, params: Params) -> Input:
    if isinstance(data, Table):
        return Input(data, len(data.rows), params)
    if isinstance(data, dict):
        return Input(data, len(next(iter(data.values()))), params)
    return Input(data, len(data), params)


__all__ = ["BadInput", "Reader", "instances"]
