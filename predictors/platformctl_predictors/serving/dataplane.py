"""kserve's data plane, with one meaning for each failure.

kserve answers a request that it cannot decode with a 500 or a 422, and lets a model's exception
through to the server, which then closes the connection. Here the first is a 400 and the second a
500 with a short body.
"""

import logging
import struct
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import JSONResponse
from kserve import errors
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from platformctl_predictors.outputs.answers import jsonable

logger = logging.getLogger(__name__)

_MEANT = (
    errors.InvalidInput,
    errors.InferenceError,
    errors.ModelNotFound,
    errors.ModelNotReady,
    errors.UnsupportedProtocol,
    NotImplementedError,
    HTTPException,
)
"""Exceptions with a status of their own, which a model may raise on purpose."""

_UNDECODABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error)
_LONGEST = 300


class ModelFailed(RuntimeError):
    """The model, or the transformer, raised; the message is for the caller, the log has more."""


class GuardedDataPlane(DataPlane):
    """kserve's data plane with the failures sorted."""

    def decode(self, body: object, headers: dict[str, str], **options: Any) -> Any:  # kserve's signature
        """A request as a dict or an InferRequest.

        Raises:
            InvalidInput: It is malformed.
        """
        try:
            decoded, attributes = super().decode(body, headers, **options)
            if isinstance(decoded, bytes):  # kserve parses by content type only; curl's is a form
                return super().decode(decoded, {}, **options)
        except _UNDECODABLE as error:
            raise errors.InvalidInput(_decoding(error)) from error
        return decoded, attributes

    async def infer(self, *arguments: Any, **options: Any) -> Any:  # kserve's signature
        """Run the model.

        Raises:
            ModelFailed: It raised something that has no status of its own.
        """
        try:
            response, headers = await super().infer(*arguments, **options)
            return (jsonable(response) if isinstance(response, dict) else response), headers
        except _MEANT:
            raise
        except Exception as error:
            logger.exception("the model raised")
            raise ModelFailed(short(error)) from error


class FixedRepository(ModelRepositoryExtension):
    """One process serves one revision: kserve's open load and unload routes are closed."""

    async def load(self, model_name: str) -> None:
        """Refuse."""
        raise NotImplementedError(f"{model_name} is loaded by starting its server")

    async def unload(self, model_name: str) -> None:
        """Refuse: a caller must not be able to take the model away."""
        raise NotImplementedError(f"{model_name} is unloaded by stopping its server")


def add_handlers(app: FastAPI) -> None:
    """Make each failure a status and a short JSON body, {"error": …}."""
    app.add_exception_handler(errors.InvalidInput, _invalid)
    app.add_exception_handler(RequestValidationError, _invalid_v2)
    app.add_exception_handler(ModelFailed, _failed)


def short(error: BaseException) -> str:
    """An exception in one short line."""
    lines = str(error).splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _decoding(error: Exception) -> str:
    if isinstance(error, errors.InvalidInput):
        return str(error)
    return f"the request cannot be read: {short(error)}"


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)


async def _invalid_v2(_: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    texts = [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
        for problem in problems
        if "bytes" not in problem["loc"]  # the other shape that kserve tries
    ]
    return JSONResponse({"error": "; ".join(texts) or str(error)}, HTTPStatus.BAD_REQUEST)


async def _failed(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, HTTPStatus.INTERNAL_SERVER_ERROR)
