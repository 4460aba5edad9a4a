"""A model's handlers, called as kserve calls them, without what kserve does around each call."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import kserve

Headers = Mapping[str, str] | None

OF_A_REQUEST = ("preprocess", "validate", "predict", "postprocess")


class Step(NamedTuple):
    """A handler of a model's: `call(value, headers)`, or with the response's headers as well."""

    call: Callable[..., Any]
    with_headers: bool


def steps(model: Any, *names: str) -> tuple[Step, ...]:  # a kserve.Model, untyped
    """The handlers that do something: those that the class, or the instance, overrides.

    kserve's own, but for `predict`, hand on what they get, and cost something at that: `Model.__call__`
    times each with a histogram and looks at its kind anew, 13 us a request.
    """
    return tuple(_step(model, name) for name in names if name == "predict" or _is_overridden(model, name))


async def run(
    these: tuple[Step, ...], value: Any, headers: Headers, response_headers: dict[str, str]
) -> Any:  # what the last one gives
    """Hand a request through; each step may be sync or async."""
    for call, with_headers in these:
        value = call(value, headers, response_headers) if with_headers else call(value, headers)
        if inspect.isawaitable(value):
            value = await value
    return value


def _is_overridden(model: Any, name: str) -> bool:
    return getattr(type(model), name) is not getattr(kserve.Model, name) or name in vars(model)


def _step(model: Any, name: str) -> Step:
    call = getattr(model, name)
    if name == "validate":
        return Step(_Check(call), with_headers=False)
    answers = name in {"predict", "postprocess"}
    return Step(call, with_headers=answers and bool(model.required_response_headers))


class _Check:
    """kserve's `validate`, which takes no headers."""

    def __init__(self, validate: Callable[[Any], Any]) -> None:
        self._validate = validate

    def __call__(self, value: Any, _headers: Headers) -> Any:
        return self._validate(value)
