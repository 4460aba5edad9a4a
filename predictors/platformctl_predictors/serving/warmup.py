"""The first predictions, before anyone is let in."""

import asyncio
import logging
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import mlmodel
from platformctl_predictors.serving.http.routes import Route
from platformctl_predictors.serving.queue.asking import Asked

logger = logging.getLogger(__name__)

_ROWS = 100
_PRIMING_S = 0.5
_SLOW_S = 0.005
_ROUNDS = 50


async def warm_up(route: Route, folder: Path, batch_rows: int) -> None:
    """Let the model answer its own input example, if it has one, by the way that callers take.

    First the example as it is; then a row of it for as many callers at once as share a call, again and
    again for a moment: caches are filled, and the engine learns how quick the model is.

    A failure does not stop the start: an example may be stale, or one of the few inputs that a
    model fails on, and whether a model is good enough is judged on its traffic. It is logged as an
    error. A library that is missing fails every request alike, and does stop it.

    Args:
        route: V1's.
        folder: The model's.
        batch_rows: Callers that share a call, at most.

    Raises:
        Exit: 66, the model needs a library that is not installed.
    """
    try:
        rows = mlmodel.example_rows(folder)
        if not rows:
            return
        await _ask(route, rows[:_ROWS])
        await _prime(route, rows[0], batch_rows)
        logger.info("warmed up with %d rows of the model's input example", len(rows[:_ROWS]))
    except Exception as error:
        missing = _missing_module(error)
        if missing is not None:
            raise Exit(
                Code.LIBRARY,
                f"the model's own input example fails: {missing}",
                f"install {missing.name or 'the library'} in the server's environment",
            ) from error
        logger.exception("THE MODEL FAILS ON ITS OWN INPUT EXAMPLE; it is served all the same")


async def _prime(route: Route, row: Any, callers: int) -> None:
    started = perf_counter()
    await _ask(route, [row])
    if perf_counter() - started > _SLOW_S:  # nothing to learn, and seconds to lose
        return
    for _ in range(_ROUNDS):
        await asyncio.gather(*(_ask(route, [row]) for _ in range(callers)))
        if perf_counter() - started > _PRIMING_S:
            return


async def _ask(route: Route, rows: list[Any]) -> None:
    await route.answer(orjson.dumps({"instances": rows}, default=str), {}, Asked())


def _missing_module(error: BaseException) -> ModuleNotFoundError | None:
    """The missing library that is behind a failure, if one is."""
    seen: list[BaseException] = []  # somebody's `raise error from error` has no end
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if isinstance(cause, ModuleNotFoundError):
            return cause
        seen.append(cause)
        cause = cause.__cause__
    return None
