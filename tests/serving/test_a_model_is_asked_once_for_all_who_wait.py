"""The engine in this process: what is asked within one turn of the event loop waits together for certain."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kserve.errors import InvalidInput

from platformctl_predictors.formats.loading import Loaded, Pick
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.failures import ModelFailed
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.predictor import Predictor
from platformctl_predictors.serving.queue.asking import ASKED, Asked
from platformctl_predictors.serving.queue.engine import QUICK_S, SLOW_S, Pace
from platformctl_predictors.settings import Batch, FormatPredictor, Limits

pytestmark = pytest.mark.quick

ROW = {"age": 30, "income": 2.5, "plan": "basic", "active": True, "since": "2024-01-01"}


class Watched:
    """A model whose calls are written down; two at once would be seen."""

    def __init__(self, loaded: Loaded) -> None:
        self.batches: list[int] = []
        self.threads: set[str] = set()
        self.overlapped = False
        self._compute = loaded.compute
        self._lock = threading.Lock()
        self.loaded = replace(loaded, compute=self.compute)

    def compute(self, given: Input) -> Result:
        self.overlapped |= not self._lock.acquire(blocking=False)
        try:
            self.batches.append(given.count)
            self.threads.add(threading.current_thread().name)
            return self._compute(given)
        finally:
            self._lock.release()


@pytest.fixture(scope="module")
def loaded(models: Path) -> Loaded:
    return pick(models / "skops", FormatPredictor(kind="auto"))


@pytest.fixture
def watched(loaded: Loaded) -> Watched:
    return Watched(loaded)


def predictor(watched: Watched, **batch: Any) -> Predictor:
    return Predictor("churn", watched.loaded, Recorder("churn", "r1"), Batch(**batch), Limits())


async def together(model: Predictor, *requests: list[Any]) -> list[Any]:
    """All asked in one turn; an exception in its place."""
    asked = (model.predict({"instances": rows}) for rows in requests)
    return await asyncio.gather(*asked, return_exceptions=True)


def test_answers_are_each_callers_own(watched: Watched) -> None:
    rows = [[{**ROW, "age": age}] for age in (20, 50, 30, 60)]
    answers = asyncio.run(together(predictor(watched), *rows))
    assert [answer["predictions"] for answer in answers] == [[0], [1], [0], [1]]
    assert watched.batches == [4]


def test_a_row_that_the_model_fails_on_fails_its_own_request_only(watched: Watched) -> None:
    """The encoder of this pipeline was told to refuse what it does not know."""
    good, bad = [ROW], [{**ROW, "plan": "unheard of"}]
    answers = asyncio.run(together(predictor(watched), good, bad, good))
    assert answers[0] == answers[2] == {"predictions": [0]}
    assert isinstance(answers[1], ModelFailed)
    assert "unheard of" in str(answers[1])
    assert watched.batches == [3, 1, 1, 1]


def test_a_request_that_does_not_fit_never_gets_to_the_model(watched: Watched) -> None:
    answers = asyncio.run(together(predictor(watched), [ROW], [{}], []))
    assert answers[0] == {"predictions": [0]}
    assert isinstance(answers[1], InvalidInput)
    assert answers[2] == {"predictions": []}
    assert watched.batches == [1]


def test_settings_may_forbid_the_sharing(watched: Watched) -> None:
    asyncio.run(together(predictor(watched, by_row=False), [ROW], [ROW]))
    assert watched.batches == [1, 1]


def test_loop_and_thread_never_call_at_once(watched: Watched) -> None:
    """A model that has shown to be quick is called by the loop, but for requests of many rows."""
    model = predictor(watched, rows=4)

    async def ask() -> None:
        for _ in range(30):
            await together(model, [ROW], [ROW] * 6, [ROW], [ROW] * 3)
            await asyncio.gather(*(together(model, [ROW] * 20, [ROW]) for _ in range(5)))

    asyncio.run(ask())
    assert not watched.overlapped
    assert sum(watched.batches) == 30 * (11 + 5 * 21)
    assert "model" in watched.threads


def test_a_call_in_the_loop_needs_no_thread() -> None:
    watched = Watched(instant())
    model = predictor(watched)

    async def ask() -> None:
        while not model.quick:
            await together(model, [[1.0]])
        watched.threads.clear()
        assert await together(model, [[1.0]], [[2.0]]) == [{"predictions": [1.0]}, {"predictions": [2.0]}]

    asyncio.run(ask())
    assert watched.threads == {threading.current_thread().name}


def instant(compute: Callable[[Input], Result] | None = None) -> Loaded:
    def echo(given: Input) -> Result:
        return Result(np.asarray(given.data)[:, 0])

    return Loaded(compute or echo, None, (), Pick("fused", ""), by_row=True)


def test_only_calls_of_known_code_are_made_by_the_loop() -> None:
    watched = Watched(replace(instant(), by_row=False))
    model = predictor(watched, by_row=True)

    async def ask() -> None:
        for _ in range(50):
            await together(model, [[1.0]])

    asyncio.run(ask())
    assert watched.threads == {"model"}


@pytest.mark.parametrize("error", [StopIteration("end"), SystemExit(3), KeyboardInterrupt(), MemoryError()])
def test_whatever_a_model_raises_is_one_failed_request(error: BaseException) -> None:
    def raising(_: Input) -> Result:
        raise error

    (answer,) = asyncio.run(together(predictor(Watched(instant(raising))), [[1.0]]))
    assert type(answer).__name__ == "ModelFailed"
    assert type(error).__name__ in str(answer)


def test_a_waiting_request_that_is_cancelled_is_not_computed(watched: Watched) -> None:
    model = predictor(watched)

    async def ask() -> None:
        asking = asyncio.ensure_future(model.predict({"instances": [ROW]}))
        await asyncio.sleep(0)  # it is queued
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await model.predict({"instances": [ROW]}) == {"predictions": [0]}

    asyncio.run(ask())
    assert watched.batches == [1]


def test_the_deadline_of_a_request_gets_through_a_transformer(watched: Watched) -> None:
    model = predictor(watched)

    async def ask() -> None:
        ASKED.set(Asked(deadline=0.0))
        with pytest.raises(Exception, match="the deadline passed before the model was asked"):
            await model.predict({"instances": [ROW]})

    asyncio.run(ask())
    assert watched.batches == []


def paces(*seconds: float) -> Iterator[bool]:
    pace = Pace(allowed=True)
    for each in seconds:
        pace.note(each)
        yield pace.quick


def test_a_model_is_quick_after_some_quick_calls_and_until_slow_ones() -> None:
    quick, neither, slow = QUICK_S / 2, (QUICK_S + SLOW_S) / 2, SLOW_S * 2
    assert list(paces(*[quick] * 16)) == [False] * 15 + [True]
    hiccups = [slow, slow, quick, slow, neither, slow]
    assert list(paces(*[quick] * 16, *hiccups, quick)) == [False] * 15 + [True] * 8
    assert list(paces(*[quick] * 16, *[slow] * 3, *[quick] * 16))[15:] == [True] * 3 + [False] * 16 + [True]
    never = Pace(allowed=False)
    for _ in range(100):
        never.note(quick)
    assert not never.quick
