"""The first prediction, before anyone is let in."""

import logging
from pathlib import Path
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import mlmodel

logger = logging.getLogger(__name__)

_ROWS = 100


async def warm_up(model: Any, folder: Path) -> None:  # a kserve.Model, untyped
    """Let the model answer its own input example, if it has one.

    A failure does not stop the start: an example may be stale, or one of the few inputs that a
    model fails on, and whether a model is good enough is judged on its traffic. It is logged as an
    error. A library that is missing fails every request alike, and does stop it.

    Raises:
        Exit: 66, the model needs a library that is not installed.
    """
    try:
        rows = mlmodel.example_rows(folder)
        if rows:
            await model({"instances": rows[:_ROWS]}, headers={})
            logger.info("warmed up with %d rows of the model's input example", len(rows[:_ROWS]))
    except ModuleNotFoundError as error:
        raise Exit(
            Code.LIBRARY,
            f"the model's own input example fails: {error}",
            f"install {error.name or 'the library'} in the server's environment",
        ) from error
    except Exception:
        logger.exception("THE MODEL FAILS ON ITS OWN INPUT EXAMPLE; it is served all the same")
