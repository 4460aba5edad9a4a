"""What /metrics says about inference requests; docs/server-contract.md lists it."""

from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any

from prometheus_client import Counter, Histogram, disable_created_metrics

BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds of the latency histogram, in seconds."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client leaves it out
REQUESTS = Counter(
    "platformctl_requests",
    "Inference requests answered.",
    ("model", "revision", "protocol", "code"),
)
SECONDS = Histogram(
    "platformctl_request_seconds",
    "Time from an inference request's arrival to the end of its answer.",
    ("model", "revision", "protocol"),
    buckets=BUCKETS,
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Recorder:
    """Counts and times the inference requests of one model.

    Args:
        model: Its name, a label.
        revision: The revision, a label.
    """

    def __init__(self, model: str, revision: str) -> None:
        self._model = model
        self._revision = revision
        self._routes = {
            f"/v1/models/{model}:predict": "v1",
            f"/v2/models/{model}/infer": "v2",
        }

    def protocol(self, path: str) -> str | None:
        """The protocol of an HTTP path; None if it is not an inference route."""
        return self._routes.get(path)

    def record(self, protocol: str, code: str, started: float) -> None:
        """One request answered; `started` is perf_counter's time of its arrival."""
        labels = (self._model, self._revision, protocol)
        REQUESTS.labels(*labels, code).inc()
        SECONDS.labels(*labels).observe(perf_counter() - started)


class RecordingMiddleware:
    """ASGI around the whole application: records what was answered, errors included."""

    def __init__(self, app: App, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI event (https://asgi.readthedocs.io/en/latest/specs/www.html)."""
        protocol = self._recorder.protocol(scope["path"]) if scope["type"] == "http" else None
        if protocol is None:
            await self._app(scope, receive, send)
            return
        started, code = perf_counter(), "500"

        async def watch(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            self._recorder.record(protocol, code, started)
