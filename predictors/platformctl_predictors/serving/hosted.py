"""A class of the user's as the predictor, behind the same queue as a model of ours."""

import asyncio
import inspect
from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from time import perf_counter
from typing import Any

import kserve

from platformctl_predictors.outputs.result import NotByRow
from platformctl_predictors.serving.failures import QueueFull
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.queue.asking import ASKED, pointless
from platformctl_predictors.serving.queue.calls import SharedCalls
from platformctl_predictors.serving.queue.engine import Engine
from platformctl_predictors.settings import Batch, Limits


class Hosted(kserve.Model):
    """A user's kserve.Model with our queue around its `predict`; all else is its own.

    A `predict` that is a plain function is called by one thread, one call at a time; one that is a
    coroutine is awaited, for as many requests at a time as there are. With `by_row`, V1 requests share
    calls, one at a time in either case: `{"instances": […]}` of all gives as many predictions. What lies
    beside `instances` keeps a request apart. A shared call has no headers: they would be another
    caller's.

    Args:
        model: Loaded.
        recorder: What counts.
        batch: How requests share calls.
        limits: What is refused.
    """

    def __init__(self, model: Any, recorder: Recorder, batch: Batch, limits: Limits) -> None:
        super().__init__(model.name, return_response_headers=bool(model.required_response_headers))
        self._model = model
        self._recorder = recorder
        self._limit = limits.queue
        self._running = 0
        self.calls = _Calls(model.predict, by_row=bool(batch.by_row))
        self._awaited = inspect.iscoroutinefunction(model.predict) and not batch.by_row
        self._engine: Engine[_Ask, Any] = Engine(
            self.calls, rows=batch.rows, queue=limits.queue, recorder=recorder, may_be_quick=False
        )
        self.engine = model.engine
        self.ready = bool(model.ready)
        for step in ("preprocess", "validate", "postprocess", "explain"):
            if getattr(type(model), step) is not getattr(kserve.Model, step):
                setattr(self, step, getattr(model, step))

    async def predict(
        self,
        payload: Any,  # kserve's signature
        headers: Mapping[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> Any:  # kserve's signature
        """The user's predict.

        Raises:
            Exception: Refused, one that has a status of its own, or ModelFailed.
        """
        extra = (response_headers,) if self.required_response_headers else ()
        if self._awaited:
            return await self._at_once(payload, headers, *extra)
        self.calls.loop = asyncio.get_running_loop()
        return await self._engine.submit(_Ask(payload, headers, *extra), ASKED.get())

    async def _at_once(self, *arguments: Any) -> Any:
        """A coroutine's own calls: none waits for another."""
        if self._running >= self._limit:
            raise QueueFull
        why = pointless(ASKED.get(), perf_counter())
        if why is not None:
            raise why
        self._recorder.called(_count(arguments[0]), (0.0,))
        self._running += 1
        try:
            return await self._model.predict(*arguments)
        finally:
            self._running -= 1

    async def healthy(self) -> bool:
        """Whether the user's model is."""
        return bool(await self._model.healthy())

    def start(self) -> None:
        """Start the user's model."""
        self._model.start()
        super().start()

    def start_engine(self) -> Any:  # a coroutine
        """Start its engine."""
        return self._model.start_engine()

    def stop(self) -> None:
        """Stop it."""
        self._model.stop()
        super().stop()

    def stop_engine(self) -> None:
        """Stop its engine."""
        self._model.stop_engine()

    def get_input_types(self) -> Any:  # kserve's signature
        """What it says it takes."""
        return self._model.get_input_types()

    def get_output_types(self) -> Any:  # kserve's signature
        """What it says it gives."""
        return self._model.get_output_types()


class _Ask:
    """The arguments of one request's predict."""

    __slots__ = ("arguments", "count", "instances")

    def __init__(self, *arguments: Any) -> None:
        payload = arguments[0]
        rows = payload.get("instances") if isinstance(payload, dict) and len(payload) == 1 else None
        self.arguments = arguments
        self.instances: list[Any] = rows if isinstance(rows, list) else []
        self.count = _count(payload)


class _Calls(SharedCalls[_Ask, Any]):
    """How the engine calls the user's predict, from its thread.

    Args:
        predict: The user's.
        by_row: Whether requests share calls.
    """

    def __init__(self, predict: Any, *, by_row: bool) -> None:
        super().__init__(by_row=by_row)
        self._predict = predict
        self.loop: asyncio.AbstractEventLoop | None = None

    def _key(self, work: _Ask) -> Hashable | None:
        return "instances" if work.instances else None

    def _together(self, batch: Sequence[_Ask]) -> Sequence[Any]:
        rows = list(chain.from_iterable(ask.instances for ask in batch))
        extra: tuple[Any, ...] = ({},) if len(batch[0].arguments) > 2 else ()  # noqa: PLR2004 payload, headers, response's
        answer = self._alone(_Ask({"instances": rows}, {}, *extra))
        predictions = answer.get("predictions") if isinstance(answer, dict) and len(answer) == 1 else None
        if predictions is None or len(predictions) != len(rows):
            raise NotByRow(
                f"predict did not give {len(rows)} predictions, and nothing else, for as many rows"
            )
        answers, start = [], 0
        for ask in batch:
            answers.append({"predictions": predictions[start : start + ask.count]})
            start += ask.count
        return answers

    def _alone(self, work: _Ask) -> Any:
        answer = self._predict(*work.arguments)
        if inspect.isawaitable(answer) and self.loop is not None:
            return asyncio.run_coroutine_threadsafe(_awaited(answer), self.loop).result()
        return answer


async def _awaited(answer: Any) -> Any:
    return await answer


def _count(payload: Any) -> int:
    """Rows of a request, as far as anyone can tell; at least 1."""
    rows = payload.get("instances") if isinstance(payload, dict) else None
    if isinstance(rows, list):
        return max(1, len(rows))
    inputs = getattr(payload, "inputs", None)
    return max(1, inputs[0].shape[0]) if inputs and inputs[0].shape else 1
