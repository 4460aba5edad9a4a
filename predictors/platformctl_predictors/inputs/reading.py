"""The bodies of requests, V1 and V2, to checked rows. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from platformctl_predictors.inputs.batch import Data, Input, Params, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import from_rows, instances
from platformctl_predictors.inputs.signature import Param, Signature
from platformctl_predictors.inputs.tensors import Tensor, from_tensors


class Reader:
    """Reads requests for one model.

    Args:
        signature: What the model expects; None: whatever comes.
        params: The parameters that it knows.
    """

    def __init__(self, signature: Signature | None, params: Sequence[Param] = ()) -> None:
        self._signature = signature
        self._params = params

    def v1(self, body: object) -> Input | None:
        """The rows of a V1 request; None if it has none.

        Raises:
            BadInput: It does not fit the model.
        """
        rows = instances(body)
        return _input(from_rows(rows, self._signature), ()) if rows else None

    def v2(self, inputs: Sequence[Tensor], parameters: Mapping[str, Any]) -> Input | None:  # noqa: ARG002 soon
        """The rows of a V2 request; None if its tensors have none.

        Raises:
            BadInput: It does not fit the model.
        """
        data = from_tensors(inputs, self._signature)
        return None if data is None else _input(data, ())


def _input(data: Data, params: Params) -> Input:
    if isinstance(data, Table):
        return Input(data, len(data.rows), params)
    if isinstance(data, dict):
        return Input(data, len(next(iter(data.values()))), params)
    return Input(data, len(data), params)


__all__ = ["BadInput", "Reader"]
