"""kserve's data plane and routes, with one meaning for each failure.

kserve answers a request that it cannot decode with a 500 or a 422, logs a traceback for each mistake
of a caller's, and lets a model's exception through to the server, which then closes the connection.
Here the first is a 400, the second silent, and the third a 500 with a short body.
"""

import struct
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from kserve import errors
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.server import RESTServer

from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.outputs.answers import jsonable
from platformctl_predictors.serving.failures import OF_THE_MODEL, failure, short

_UNDECODABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error)

_ANSWERED = (
    BadInput,
    errors.InvalidInput,
    errors.InferenceError,
    errors.ModelNotFound,
    errors.ModelNotReady,
    errors.ServerNotReady,
    errors.UnsupportedProtocol,
    NotImplementedError,
    Exception,
)
"""What kserve has handlers for, and ours; they replace kserve's, which log a traceback each."""


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

    async def ready(self) -> bool:
        """Whether all models are; kserve always says yes."""
        models = self.model_registry.get_models().values()
        return all([await model.healthy() for model in models])

    async def infer(self, *arguments: Any, **options: Any) -> Any:  # kserve's signature
        """Run the model.

        Raises:
            Exception: One that has a status of its own, or ModelFailed.
        """
        with OF_THE_MODEL:
            response, headers = await super().infer(*arguments, **options)
            return (jsonable(response) if isinstance(response, dict) else response), headers


class FixedRepository(ModelRepositoryExtension):
    """One process serves one revision: kserve's open load and unload routes are closed."""

    async def load(self, model_name: str) -> None:
        """Refuse."""
        raise NotImplementedError(f"{model_name} is loaded by starting its server")

    async def unload(self, model_name: str) -> None:
        """Refuse: a caller must not be able to take the model away."""
        raise NotImplementedError(f"{model_name} is unloaded by stopping its server")


class Routes(RESTServer):
    """kserve's routes, without its timing trace, its access log and its server."""

    def _add_middlewares(self, app: FastAPI) -> None:
        """None of kserve's: its timing middleware logs two lines a request."""

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        for kind in _ANSWERED:
            app.add_exception_handler(kind, _failed)
        app.add_exception_handler(RequestValidationError, _invalid_v2)


def _decoding(error: Exception) -> str:
    if isinstance(error, errors.InvalidInput):
        return str(error)
    return f"the request cannot be read: {short(error)}"


async def _failed(_: Request, error: Exception) -> JSONResponse:
    told = failure(error)
    return JSONResponse({"error": told.text}, told.status)


async def _invalid_v2(_: Request, error: Exception) -> JSONResponse:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    texts = [
        f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
        for problem in problems
        if "bytes" not in problem["loc"]  # the other shape that kserve tries
    ]
    return JSONResponse({"error": "; ".join(texts) or str(error)}, 400)
