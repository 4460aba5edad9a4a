"""Any kserve.Model, called as kserve calls it, without what kserve does around each call."""

import inspect
from collections.abc import Callable
from typing import Any

import kserve

from platformctl_predictors.serving.failures import of_model


class Lean:
    """preprocess, validate, predict, postprocess; a step that the class does not override is skipped.

    Which steps there are, and which are coroutines, is found out once. kserve's own `__call__` times
    each step with a histogram and looks at each anew: 13 us a request.

    Args:
        model: A kserve.Model.
    """

    def __init__(self, model: Any) -> None:  # kserve.Model, untyped
        self._model = model
        self._wants_headers = bool(model.required_response_headers)
        self._preprocess = _step(model, "preprocess")
        self._validate = _step(model, "validate")
        self._postprocess = _step(model, "postprocess")
        self._predict: Callable[..., Any] = model.predict

    async def __call__(self, payload: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        """Answer one request.

        Returns:
            The model's answer, and headers that it wants to be sent with it.

        Raises:
            Exception: One that has a status of its own, or ModelFailed.
        """
        response_headers: dict[str, str] = {}
        extra = (response_headers,) if self._wants_headers else ()
        try:
            if self._preprocess is not None:
                payload = await _awaited(self._preprocess(payload, headers))
            if self._validate is not None:
                payload = self._validate(payload)
            answer = await _awaited(self._predict(payload, headers, *extra))
            if self._postprocess is not None:
                answer = await _awaited(self._postprocess(answer, headers, *extra))
        except Exception as error:
            raise of_model(error) from error
        return answer, response_headers


def _step(model: Any, name: str) -> Callable[..., Any] | None:
    """The model's method; None if it is kserve's own, which hands on what it gets."""
    method: Callable[..., Any] = getattr(model, name)
    return None if getattr(method, "__func__", None) is getattr(kserve.Model, name) else method


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
