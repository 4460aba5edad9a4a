"""The server's own ASGI application, in front of kserve's.

It answers `POST /v1/models/NAME:predict` and `POST /v2/models/NAME/infer` itself, and
`GET /platformctl/about`; all else goes on to kserve's FastAPI application unchanged, as do requests
that kserve has formats of its own for: cloud events, and V2's binary tensors.

What of kserve those two routes bypass, and why. Microseconds of processor for a request of one row of
24 columns; an answer of ours takes about 70 in all, 30 of them uvicorn's:

- Its request log, four lines a request: 120. The access log here is sampled.
- FastAPI's routing, dependency injection and response class: 65 to 90. A dictionary does here.
- Its timing middleware: 38. `platformctl_request_seconds` says the same and more.
- `Model.__call__`: 13, for four histograms and a look at each step's kind; see
  `platformctl_transformers.steps`.
- `DataPlane`: 4. It looks up the model and whether that is ready; there is one, and nobody is let in
  before it is.
- V2's pydantic models, in and out through FastAPI, `InferRequest` and `InferResponse`: 200. See `v2json`;
  models that are not ours still get the latter two.
"""

import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import Any

import orjson

from platformctl_predictors.serving.failures import Gone, QueueFull, Refused, failure
from platformctl_predictors.serving.http import bodies
from platformctl_predictors.serving.http.access_log import AccessLog
from platformctl_predictors.serving.http.bodies import App, Message, Receive, Scope, Send
from platformctl_predictors.serving.http.connections import CLOSE, answer_whole
from platformctl_predictors.serving.http.routes import JSON, Answer, Headers, Route
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.queue.asking import Asked
from platformctl_predictors.settings import Limits

_FAMILIAR_TYPES = frozenset((None, b"application/json", b"application/json; charset=utf-8"))
_JSON_TYPES = re.compile(
    rb"\s*(application/(json|x-www-form-urlencoded|octet-stream|[\w.-]+\+json)|text/json)\s*(;|$)",
    re.IGNORECASE,
)
_DEADLINE = b"x-envoy-expected-rq-timeout-ms"
_LONGEST_LIMIT = 15
"""Digits: 30,000 years, and less than what Python refuses to read as an integer."""

_REQUEST_ID = b"x-request-id"
_PRINTABLE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_LINGER_S = 5.0
_INFERENCE = re.compile(r"/v1/models/(?P<v1>[^/]+):predict|/v2/models/(?P<v2>[^/]+)/infer")


class _Exchange:
    """One inference request: what came, and whether all of its body did."""

    __slots__ = ("headers", "protocol", "receive", "scope", "send", "started", "unread")

    def __init__(self, protocol: str, scope: Scope, receive: Receive, send: Send) -> None:
        self.protocol = protocol
        self.scope = scope
        self.receive = receive
        self.send = send
        self.started = perf_counter()
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.unread = True


class Front:
    """The ASGI application.

    Args:
        name: The model's.
        routes: Of V1 and of V2.
        behind: kserve's application.
        about: What `/platformctl/about` says.
        recorder: What counts.
        log: Where a share of the requests is noted.
        limits: What is refused.
    """

    def __init__(  # noqa: PLR0913, PLR0917 the server's parts come together here
        self,
        name: str,
        routes: tuple[Route, Route],
        behind: App,
        about: Mapping[str, Any],
        recorder: Recorder,
        log: AccessLog,
        limits: Limits,
    ) -> None:
        self._routes = {
            f"/v1/models/{name}:predict": ("v1", routes[0]),
            f"/v2/models/{name}/infer": ("v2", routes[1]),
        }
        self._readiness = {"/v2/health/ready", f"/v1/models/{name}", f"/v2/models/{name}/ready"}
        self._behind = behind
        self._about = orjson.dumps(about)
        self._recorder = recorder
        self._log = log
        self._limits = limits
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
        found = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._other(scope, receive, send)
            return
        protocol, route = found
        exchange = _Exchange(protocol, scope, receive, send)
        self._recorder.in_flight += 1
        try:
            await self._infer(exchange, route)
        finally:
            self._recorder.in_flight -= 1

    async def _infer(self, exchange: _Exchange, route: Route) -> None:
        try:
            body = await self._body(exchange)
            if body is None or _has_kserves_format(exchange, body):
                await self._by_kserve(exchange, body)
                return
            answer = await route.answer(body, exchange.headers, _asked(exchange))
        except Gone as gone:
            self._recorder.refused[gone.reason] += 1  # there is nobody to answer
            return
        except Exception as error:  # noqa: BLE001 each has a status
            status = await self._fail(exchange, error)
            self._done(exchange, str(status), None)
            return
        await _send(exchange, HTTPStatus.OK, answer.headers, answer.body)
        self._done(exchange, "200", answer)

    async def _body(self, exchange: _Exchange) -> bytes | None:
        """The body of a request that is answered here; None: it is kserve's from its headers on.

        Raises:
            Refused: Its method, type, length or duration.
        """
        headers = exchange.headers
        if exchange.scope["method"] != "POST":
            raise _WrongMethod
        kind = headers.get(b"content-type")
        if kind not in _FAMILIAR_TYPES:
            if b"cloudevents" in (kind or b"") or b"inference-header-content-length" in headers:
                return None
            if _JSON_TYPES.match(kind or b"") is None:
                raise _WrongType(kind or b"")
        if b"ce-specversion" in headers or b"inference-header-content-length" in headers:
            return None
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise _WrongType(b"content-encoding: " + headers[b"content-encoding"])
        body = await bodies.read(exchange.receive, headers, self._limits)
        exchange.unread = False
        return body

    async def _fail(self, exchange: _Exchange, error: Exception) -> int:
        """Tell the caller what went wrong.

        Returns:
            The status.
        """
        told = failure(error)
        self._recorder.failed(error, told)
        headers = list(JSON)
        if isinstance(error, QueueFull):
            headers.append((b"retry-after", b"1"))
        if isinstance(error, _WrongMethod):
            headers.append((b"allow", b"POST"))
        content = orjson.dumps({"error": _encodable(told.text)})
        await _send(exchange, told.status, headers, content)
        return told.status

    def _done(self, exchange: _Exchange, code: str, answer: Answer | None) -> None:
        seconds = perf_counter() - exchange.started
        self._recorder.answered(exchange.protocol, code, seconds)
        if self._log.on:
            rows = None if answer is None else answer.rows
            self._log.note(exchange.headers, exchange.protocol, rows, code, seconds, failed=code >= "500")

    async def _by_kserve(self, exchange: _Exchange, body: bytes | None) -> None:
        """Have kserve answer, and count it."""
        code = "500"

        async def watch(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = str(message["status"])
            await exchange.send(message)

        try:
            await self._hand_on(exchange.scope, exchange.receive, watch, body)
        finally:
            self._done(exchange, code, None)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What is not inference of this model."""
        if scope["type"] != "http":
            await self._behind(scope, receive, send)
            return
        exchange = _Exchange("", scope, receive, send)
        path = scope["path"]
        stranger = _INFERENCE.fullmatch(path)
        if path == "/platformctl/about" and scope["method"] == "GET":
            await _send(exchange, HTTPStatus.OK, JSON, self._about)
        elif self.stopping and path in self._readiness:
            await _send(exchange, HTTPStatus.SERVICE_UNAVAILABLE, JSON, b'{"error":"the server stops"}')
        elif stranger is not None and scope["method"] == "POST":
            name = stranger["v1"] or stranger["v2"]
            await self._fail(exchange, _no_model(name))
        else:
            await self._hand_on(scope, receive, send, None)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send, body: bytes | None) -> None:
        """Have kserve's application answer, with a body within the limits and the request's id."""
        exchange = _Exchange("", scope, receive, send)
        headers = exchange.headers
        if body is None and (b"content-length" in headers or b"transfer-encoding" in headers):
            try:
                body = await bodies.read(receive, headers, self._limits)
            except Gone:
                return
            except Refused as error:
                await self._fail(exchange, error)
                return
        request_id = _request_id(headers)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and request_id:
                message["headers"] = [*message.get("headers", ()), *request_id]
            await send(message)

        await self._behind(scope, receive if body is None else bodies.replayed(body, receive), answer)


class _WrongMethod(Refused):
    def __init__(self) -> None:
        super().__init__("POST is expected", HTTPStatus.METHOD_NOT_ALLOWED, "UNIMPLEMENTED")


class _WrongType(Refused):
    def __init__(self, kind: bytes) -> None:
        text = f"application/json is expected, not {kind.decode('latin-1')}"
        super().__init__(text, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "INVALID_ARGUMENT")


def _no_model(name: str) -> Refused:
    return Refused(f"there is no model {name} here", HTTPStatus.NOT_FOUND, "NOT_FOUND")


def _has_kserves_format(exchange: _Exchange, body: bytes) -> bool:
    """Whether it may be a cloud event in JSON, or wants binary outputs; kserve finds out for sure."""
    return b'"specversion"' in body if exchange.protocol == "v1" else b'"binary_data' in body


def _asked(exchange: _Exchange) -> Asked:
    limit = exchange.headers.get(_DEADLINE)
    deadline = None
    if limit is not None and len(limit) <= _LONGEST_LIMIT and limit.isdigit() and int(limit) > 0:
        deadline = exchange.started + int(limit) / 1000
    return Asked(deadline, bodies.caller(exchange.receive))


def _request_id(headers: Mapping[bytes, bytes]) -> Headers:
    value = headers.get(_REQUEST_ID)
    return [] if value is None or _PRINTABLE.fullmatch(value) is None else [(_REQUEST_ID, value)]


def _encodable(text: str) -> str:
    """Lone surrogates are not UTF-8: they become question marks."""
    return text if text.isascii() else text.encode(errors="replace").decode()


async def _send(exchange: _Exchange, status: int, headers: Headers, body: bytes | AsyncIterator[Any]) -> None:
    """Send an answer. One to a body that was not read in full ends the connection."""
    headers = [*headers, *_request_id(exchange.headers)] if _REQUEST_ID in exchange.headers else [*headers]
    send = exchange.send
    if (
        not exchange.unread
        and isinstance(body, bytes)
        and answer_whole(exchange.receive, status, headers, body)
    ):
        return
    if not isinstance(body, bytes):
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for part in body:
            content = part if isinstance(part, bytes) else str(part).encode()
            await send({"type": "http.response.body", "body": content, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    headers.append((b"content-length", b"%d" % len(body)))
    if exchange.unread and _has_body(exchange.headers):
        headers.append(CLOSE)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await bodies.discard(exchange.receive, _LINGER_S)
        body = b""
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _has_body(headers: Mapping[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
