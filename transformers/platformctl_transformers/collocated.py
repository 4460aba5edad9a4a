"""A transformer and its predictor in one process, as one model."""

from typing import Any

import kserve
from kserve.errors import InvalidInput

from platformctl_transformers.misfit import Misfit
from platformctl_transformers.steps import OF_A_REQUEST, Headers, run, steps

AFTER = "after the transformer: "
"""Begins the complaint about a request that only the predictor refused."""


class Collocated(kserve.Model):
    """preprocess of the transformer, all of the predictor, postprocess of the transformer.

    Which of them a class overrides is found out once; the others cost nothing. The transformer's own
    `predict`, which would go over the network, is never called.

    Args:
        name: The model's name in every URL.
        transformer: Loaded.
        predictor: Loaded.
    """

    def __init__(self, name: str, transformer: Any, predictor: Any) -> None:  # kserve.Model, untyped
        super().__init__(name, return_response_headers=True)
        self.transformer = transformer
        self.predictor = predictor
        self._before = steps(transformer, "preprocess")
        self._asked = steps(predictor, *OF_A_REQUEST)
        self._after = steps(transformer, "postprocess")
        self.engine = predictor.engine
        self.ready = bool(transformer.ready and predictor.ready)

    async def healthy(self) -> bool:
        """Whether both are."""
        return bool(await self.transformer.healthy()) and bool(await self.predictor.healthy())

    async def predict(
        self,
        payload: Any,  # kserve's signature
        headers: Headers = None,
        response_headers: dict[str, str] | None = None,
    ) -> Any:  # kserve's signature
        """All steps of both.

        Raises:
            Misfit: The transformer refused the request; or the predictor did, and the message says
                that it is about what the transformer had made of it.
        """
        more = {} if response_headers is None else response_headers
        made = await run(self._before, payload, headers, more)
        try:
            result = await run(self._asked, made, headers, more)
        except InvalidInput as error:
            if not self._before:
                raise
            raise Misfit(f"{AFTER}{error}", _kind(error)) from error
        return await run(self._after, result, headers, more)

    def start(self) -> None:
        """Start both."""
        self.transformer.start()
        self.predictor.start()
        super().start()

    def start_engine(self) -> Any:  # a coroutine
        """The predictor's engine."""
        return self.predictor.start_engine()

    def stop(self) -> None:
        """Stop both."""
        self.transformer.stop()
        self.predictor.stop()
        super().stop()

    def stop_engine(self) -> None:
        """The predictor's engine."""
        self.predictor.stop_engine()

    def get_input_types(self) -> Any:  # kserve's signature
        """The transformer's, if it says: it is what the caller talks to."""
        return self.transformer.get_input_types()

    def get_output_types(self) -> Any:  # kserve's signature
        """The transformer's, if it says, else the predictor's unless the transformer changes them."""
        own = self.transformer.get_output_types()
        return own or (() if self._after else self.predictor.get_output_types())


def _kind(error: Exception) -> str:
    """What is wrong, if the mistake, or what caused it, says so."""
    kind = getattr(error, "kind", None) or getattr(error.__cause__, "reason", None)
    return kind if isinstance(kind, str) else "model"
