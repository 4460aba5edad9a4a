"""A transformer and its predictor in one process, as one model."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import kserve

Headers = Mapping[str, str] | None


class Collocated(kserve.Model):
    """preprocess of the transformer, all of the predictor, postprocess of the transformer.

    Each step may be sync or async, and is called as kserve calls it. The transformer's own
    `predict`, which would go over the network, is never called.

    Args:
        name: The model's name in every URL.
        transformer: Loaded.
        predictor: Loaded.
    """

    def __init__(self, name: str, transformer: Any, predictor: Any) -> None:  # kserve.Model, untyped
        super().__init__(name, return_response_headers=True)
        self._transformer = transformer
        self._predictor = predictor
        self.engine = predictor.engine
        self.ready = bool(transformer.ready and predictor.ready)

    async def healthy(self) -> bool:
        """Whether both are."""
        return bool(await self._transformer.healthy()) and bool(await self._predictor.healthy())

    async def preprocess(self, payload: Any, headers: Headers = None) -> Any:  # kserve's signature
        """The transformer's."""
        return await _call(self._transformer.preprocess, payload, headers)

    async def predict(
        self,
        payload: Any,  # kserve's signature
        headers: Headers = None,
        response_headers: dict[str, str] | None = None,
    ) -> Any:  # kserve's signature
        """The predictor's preprocess, predict and postprocess."""
        model = self._predictor
        extra = _extra(model, response_headers)
        ready = model.validate(await _call(model.preprocess, payload, headers))
        result = await _call(model.predict, ready, headers, *extra)
        return await _call(model.postprocess, result, headers, *extra)

    async def postprocess(
        self,
        result: Any,  # kserve's signature
        headers: Headers = None,
        response_headers: dict[str, str] | None = None,
    ) -> Any:  # kserve's signature
        """The transformer's."""
        extra = _extra(self._transformer, response_headers)
        return await _call(self._transformer.postprocess, result, headers, *extra)

    def start(self) -> None:
        """Start both."""
        self._transformer.start()
        self._predictor.start()
        super().start()

    def start_engine(self) -> Any:  # a coroutine
        """The predictor's engine."""
        return self._predictor.start_engine()

    def stop(self) -> None:
        """Stop both."""
        self._transformer.stop()
        self._predictor.stop()
        super().stop()

    def stop_engine(self) -> None:
        """The predictor's engine."""
        self._predictor.stop_engine()

    def get_input_types(self) -> Any:  # kserve's signature
        """The transformer's, if it says: it is what the caller talks to."""
        return self._transformer.get_input_types()

    def get_output_types(self) -> Any:  # kserve's signature
        """The transformer's, if it says."""
        return self._transformer.get_output_types()


def _extra(model: Any, response_headers: dict[str, str] | None) -> tuple[Any, ...]:  # kserve.Model, untyped
    """Kserve passes response headers only to models that asked for them."""
    return (
        ({} if response_headers is None else response_headers,) if (model.required_response_headers) else ()
    )


async def _call(method: Callable[..., Any], *arguments: Any) -> Any:  # any handler
    result = method(*arguments)
    return await result if inspect.isawaitable(result) else result
