"""A request's body: read within its limits of bytes and time, and decoded."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

import orjson

from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.serving.failures import Gone, TooLarge, TooSlow
from platformctl_predictors.serving.queue.asking import PRESENT, Caller
from platformctl_predictors.settings import Limits

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def caller(receive: Receive) -> Caller:
    """Who is at the other end.

    ASGI has no way to ask without waiting; uvicorn's receive() is a method of an object that knows.
    Another server's callers count as present.
    """
    known: Any = getattr(receive, "__self__", None)
    return PRESENT if getattr(known, "disconnected", None) is None else known


async def read(receive: Receive, headers: Mapping[bytes, bytes], limits: Limits) -> bytes:
    """All of a body.

    Raises:
        TooLarge: It is longer than the limit; found out before it is read where its length is declared.
        TooSlow: It does not arrive in time.
        Gone: The caller left before it was complete.
    """
    declared = headers.get(b"content-length")
    if declared is not None and int(declared) > limits.body_bytes:
        raise _too_large(limits)
    if getattr(getattr(receive, "__self__", None), "more_body", True):
        return await _gathered(receive, limits)
    message = await receive()  # uvicorn has it all: no need for a timer
    if message["type"] != "http.request":
        raise Gone
    body: bytes = message["body"]
    if len(body) > limits.body_bytes:
        raise _too_large(limits)
    return body


async def discard(receive: Receive, seconds: float) -> None:
    """Read what still comes, for a while.

    A connection that is closed with unread bytes in it makes some callers' kernels drop the answer.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                pass


def decoded(body: bytes) -> Any:  # JSON's
    """A body's JSON.

    Raises:
        BadInput: It is none.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"the body is not JSON: {error}", "body") from error


def replayed(body: bytes, receive: Receive) -> Receive:
    """A receive() that gives a body already read, and then what the server says."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _gathered(receive: Receive, limits: Limits) -> bytes:
    parts: list[bytes] = []
    total = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                part = message.get("body", b"")
                parts.append(part)
                total += len(part)
                if total > limits.body_bytes:
                    raise _too_large(limits)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError as error:
        raise TooSlow(limits.body_seconds) from error


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge(f"the body is longer than {limits.body_bytes} bytes")
