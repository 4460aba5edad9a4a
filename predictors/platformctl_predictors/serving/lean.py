"""Any kserve.Model, called as kserve calls it, without what kserve does around each call."""

from typing import Any

from platformctl_predictors.serving.failures import OF_THE_MODEL
from platformctl_transformers import OF_A_REQUEST, run, steps


class Lean:
    """The handlers of a model, one after the other.

    Args:
        model: A kserve.Model.
    """

    def __init__(self, model: Any) -> None:  # kserve.Model, untyped
        self._steps = steps(model, *OF_A_REQUEST)

    async def __call__(self, payload: Any, headers: dict[str, str]) -> tuple[Any, dict[str, str]]:
        """Answer one request.

        Returns:
            The model's answer, and headers that it wants to be sent with it.

        Raises:
            Exception: One that has a status of its own, or ModelFailed.
        """
        response_headers: dict[str, str] = {}
        with OF_THE_MODEL:
            answer = await run(self._steps, payload, headers, response_headers)
        return answer, response_headers
