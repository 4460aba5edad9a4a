"""The parameters of a request, against those of the signature. Pure.

MLflow's rules (mlflow.types.schema.ParamSpec): an integer is a `long`, a `float` and a `double` too;
nothing else is converted but times; null is always fine.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from platformctl_predictors.inputs.batch import Params
from platformctl_predictors.inputs.columns import BadInput, Unfit, converter, shown
from platformctl_predictors.inputs.signature import BadSignature, Column, Param, parse_params

_EXACT: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "string": (str,),
    "datetime": (str,),
}
_DATE_LENGTH = len("2024-01-01")


class ParamReader:
    """Reads the parameters of requests for one model.

    Args:
        known: The parameters of its signature, with defaults of their types.
    """

    def __init__(self, known: Sequence[Param]) -> None:
        self._known = {param.name: param for param in sorted(known, key=lambda param: param.name)}
        self._defaults = {name: _value(p, p.default) for name, p in self._known.items()}
        self._none_given: Params = tuple(self._defaults.items())

    def v1(self, given: object) -> Params:
        """The parameters, by what V1 has beside `instances`; None if it has nothing.

        Raises:
            BadInput: There is an unknown one, or one of another type.
        """
        if not given and (given is None or isinstance(given, dict)):
            return self._none_given
        if not isinstance(given, dict):
            raise BadInput(f'"params" must be an object, not {shown(given)}', "params")
        unknown = sorted(str(name) for name in given.keys() - self._known.keys())
        if unknown:
            names = ", ".join(self._known) or "none"
            raise BadInput(
                f"unknown parameter {shown(', '.join(unknown))}; the model takes {names}", "params"
            )
        return self.v2(given)

    def v2(self, given: Mapping[str, Any]) -> Params:
        """The parameters among those of a V2 request, which has others of its own.

        Raises:
            BadInput: One is of another type.
        """
        if not given or not self._known:
            return self._none_given
        values = {name: _value(p, given[name]) for name, p in self._known.items() if name in given}
        return tuple({**self._defaults, **values}.items())


def checked_params(text: str) -> tuple[Param, ...]:
    """The parameters of a signature, from their JSON.

    Raises:
        BadSignature: It is not JSON, or no list of parameters whose defaults are of their types.
    """
    params = parse_params(text)
    try:
        for param in params:
            _value(param, param.default)
    except BadInput as error:
        raise BadSignature(f"a default: {error}") from error
    return params


def thaw(params: Params) -> dict[str, Any]:
    """The parameters as a model takes them: lists are lists and objects are objects again."""
    return {name: _thawed(value) for name, value in params}


class _Frozen(str):
    """An object as JSON: it can be hashed."""

    __slots__ = ()


def _thawed(value: Any) -> Any:  # any JSON
    if isinstance(value, _Frozen):
        return json.loads(value)
    return list(value) if isinstance(value, tuple) else value


def _value(param: Param, value: object) -> Any:  # of the parameter's type
    if not param.shape:
        return _single(param, value)
    if not isinstance(value, list):
        raise BadInput(f'parameter "{param.name}": {shown(value)} is not a list of {param.type}', "params")
    return tuple(_single(param, item) for item in value)


def _single(param: Param, value: object) -> Any:  # as above
    if value is None:
        return None
    exact = _EXACT.get(param.type)
    if exact is None:
        return _Frozen(json.dumps(value, sort_keys=True))
    try:
        if type(value) not in exact:
            raise Unfit("of another type")
        return _of_type(param.type, value)
    except ValueError as error:
        text = f'parameter "{param.name}": {shown(value)} is not {param.type}'
        raise BadInput(text, "params") from error


def _of_type(kind: str, value: Any) -> Any:  # as above
    if kind == "datetime" and len(value) == _DATE_LENGTH:
        return date.fromisoformat(value)  # as MLflow has a time without a time of day
    wanted = converter(Column(None, kind))
    converted = value if wanted is None else wanted(value)
    return converted.to_pydatetime() if kind == "datetime" else converted
