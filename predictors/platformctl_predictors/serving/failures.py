"""What goes wrong with a request, and the status that each protocol gives it. Pure but for the log."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeGuard

from fastapi.exceptions import HTTPException
from kserve import errors

from platformctl_predictors.inputs.columns import BadInput

logger = logging.getLogger(__name__)

_LONGEST = 300


class Refused(Exception):
    """The model was not asked.

    Args:
        text: For the caller.
        status: Over HTTP.
        code: gRPC's status by name.
        reason: The label of `platformctl_refused_total`; empty: not counted there.
    """

    def __init__(self, text: str, status: HTTPStatus, code: str, reason: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.reason = reason


class QueueFull(Refused):
    """Too many requests wait already."""

    def __init__(self, text: str = "too many requests wait for the model already") -> None:
        super().__init__(text, HTTPStatus.SERVICE_UNAVAILABLE, "RESOURCE_EXHAUSTED", "queue")


class Late(Refused):
    """The caller's deadline passed before the model was asked."""

    def __init__(self, text: str = "the deadline passed before the model was asked") -> None:
        super().__init__(text, HTTPStatus.GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED", "deadline")


class Unavailable(Refused):
    """What the model needs cannot be reached now."""

    def __init__(self, text: str) -> None:
        super().__init__(text, HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE")


class Gone(Refused):
    """The caller left: nobody reads this."""

    def __init__(self) -> None:
        super().__init__("the caller left", HTTPStatus.REQUEST_TIMEOUT, "CANCELLED", "gone")


class TooLarge(Refused):
    """More bytes or rows than the limits allow."""

    def __init__(self, text: str) -> None:
        super().__init__(text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RESOURCE_EXHAUSTED", "size")


class TooSlow(Refused):
    """The body did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        text = f"the body did not arrive within {seconds:g} s"
        super().__init__(text, HTTPStatus.REQUEST_TIMEOUT, "DEADLINE_EXCEEDED")


class ModelFailed(RuntimeError):
    """The model, or the transformer, raised; the message is for the caller, the log has more."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure as both protocols tell it.

    Args:
        status: Over HTTP.
        code: gRPC's status by name.
        text: For the caller.
    """

    status: int
    code: str
    text: str


def failure(error: Exception) -> Failure:
    """The failure that an exception means. One that has no status of its own is the model's."""
    if isinstance(error, BadInput | errors.InvalidInput):
        return Failure(HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT", str(error))
    if isinstance(error, Refused):
        return Failure(error.status, error.code, str(error))
    if isinstance(error, HTTPException):
        return Failure(error.status_code, _CODES.get(error.status_code, "INTERNAL"), str(error.detail))
    for kinds, status in _MEANT:
        if isinstance(error, kinds):
            return Failure(status, _CODES[status], str(error))
    if isinstance(error, ModelFailed):
        return Failure(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", str(error))
    return Failure(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL", short(error))


def has_status(error: BaseException) -> TypeGuard[Exception]:
    """Whether an exception says by its type what to tell the caller; all else is the model's failure."""
    if isinstance(error, BadInput | errors.InvalidInput | Refused | HTTPException | ModelFailed):
        return True
    return any(isinstance(error, kinds) for kinds, _ in _MEANT)


class OfTheModel:
    """Around a model's own code: what it raises leaves with a status, its own or that of a ModelFailed."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Replace what has no status; a task's cancellation is no failure.

        Raises:
            ModelFailed: The model raised what has no status.
        """
        if isinstance(error, Exception) and not has_status(error):
            raise model_failed(error)


OF_THE_MODEL = OfTheModel()


def model_failed(error: BaseException) -> ModelFailed:
    """The failure of a model that raised what has no status; logged."""
    logger.error("the model raised", exc_info=error)
    failed = ModelFailed(short(error))
    failed.__cause__ = error
    return failed


def invalid_reason(error: BaseException) -> str:
    """The label of `platformctl_invalid_total` for a caller's mistake."""
    if isinstance(error, BadInput):
        return error.reason
    return str(getattr(error, "kind", "model"))  # a transformer of ours says it


def short(error: BaseException) -> str:
    """An exception in one short line."""
    lines = str(error).splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


_MEANT: tuple[tuple[Any, HTTPStatus], ...] = (
    (errors.ModelNotFound, HTTPStatus.NOT_FOUND),
    ((errors.ModelNotReady, errors.ServerNotReady), HTTPStatus.SERVICE_UNAVAILABLE),
    ((errors.UnsupportedProtocol, NotImplementedError), HTTPStatus.NOT_IMPLEMENTED),
    (errors.InferenceError, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""Exceptions with a status of their own, which a model may raise on purpose."""

_CODES: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.UNAUTHORIZED: "UNAUTHENTICATED",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL",
    HTTPStatus.NOT_IMPLEMENTED: "UNIMPLEMENTED",
    HTTPStatus.SERVICE_UNAVAILABLE: "UNAVAILABLE",
    HTTPStatus.GATEWAY_TIMEOUT: "DEADLINE_EXCEEDED",
}
