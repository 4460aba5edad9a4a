"""V2 in JSON, without kserve's pydantic models and what comes with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformctl_predictors.inputs.columns import BadInput, shown
from platformctl_predictors.inputs.tensors import Tensor
from platformctl_predictors.outputs.answers import Output

_INTEGERS = {int}
_FIELDS = ("name", "shape", "datatype", "data")


@dataclass(frozen=True, slots=True)
class Request:
    """A V2 request.

    Args:
        id: The caller's, if it gave one.
        inputs: At least none.
        parameters: Of the request.
        outputs: Names of those that are wanted; None: all.
    """

    id: str | None
    inputs: list[Tensor]
    parameters: Mapping[str, Any]
    outputs: list[str] | None


def parse(body: object) -> Request:
    """A V2 request from decoded JSON.

    Raises:
        BadInput: It is not one; says which field.
    """
    if not isinstance(body, dict):
        raise BadInput('the body must be a JSON object: {"inputs": [...]}', "body")
    inputs = body.get("inputs")
    if not isinstance(inputs, list):
        raise BadInput('the body needs "inputs", a list of tensors', "body")
    request_id = body.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise BadInput(f'"id" must be a string, not {shown(request_id)}', "body")
    parameters = body.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise BadInput(f'"parameters" must be an object, not {shown(parameters)}', "params")
    return Request(
        request_id,
        [_tensor(index, entry) for index, entry in enumerate(inputs)],
        parameters or {},
        _wanted(body.get("outputs")),
    )


def response(model_name: str, request: Request, outputs: Sequence[Output]) -> dict[str, Any]:
    """The V2 answer, ready to be encoded.

    Raises:
        BadInput: The caller wants an output that there is not.
    """
    answer: dict[str, Any] = {"model_name": model_name}
    if request.id is not None:
        answer["id"] = request.id
    answer["outputs"] = [
        {
            "name": output.name,
            "shape": list(output.data.shape),
            "datatype": output.datatype,
            "data": output.data.ravel().tolist(),
        }
        for output in chosen(outputs, request.outputs)
    ]
    return answer


def chosen(outputs: Sequence[Output], names: Sequence[str] | None) -> Sequence[Output]:
    """The outputs that a request wants, in its order; all if it names none. No rows have no outputs.

    Raises:
        BadInput: There is no such output.
    """
    if not names or not outputs:
        return outputs
    named = {output.name: output for output in outputs}
    unknown = [name for name in names if name not in named]
    if unknown:
        there = ", ".join(f'"{name}"' for name in named)
        raise BadInput(f'"outputs": there is no output {shown(unknown[0])}; there is {there}', "body")
    return [named[name] for name in names]


def _tensor(index: int, entry: object) -> Tensor:
    if type(entry) is dict:
        name, shape, datatype, data = map(entry.get, _FIELDS)
        if type(name) is type(datatype) is str and type(shape) is type(data) is list and _whole(shape):
            return Tensor(name, tuple(shape), datatype, data)
    raise BadInput(_complaint(f"inputs.{index}", entry), "tensor")


def _whole(shape: list[Any]) -> bool:
    return set(map(type, shape)) <= _INTEGERS


def _complaint(where: str, entry: object) -> str:
    if not isinstance(entry, dict):
        return f"{where} must be an object with name, shape, datatype and data, not {shown(entry)}"
    for field in _FIELDS:
        value = entry.get(field)
        if field in {"name", "datatype"} and not isinstance(value, str):
            return f"{where}.{field} must be a string, not {shown(value)}"
        if field == "shape" and not (isinstance(value, list) and _whole(value)):
            return f"{where}.shape must be a list of integers, not {shown(value)}"
    return f"{where}.data must be a list, not {shown(entry.get('data'))}"


def _wanted(outputs: object) -> list[str] | None:
    if outputs is None:
        return None
    if not isinstance(outputs, list):
        raise BadInput(f'"outputs" must be a list, not {shown(outputs)}', "body")
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in outputs]
    bad = next((index for index, name in enumerate(names) if not isinstance(name, str)), None)
    if bad is not None:
        raise BadInput(f"outputs.{bad}.name must be a string", "body")
    return [str(name) for name in names]
