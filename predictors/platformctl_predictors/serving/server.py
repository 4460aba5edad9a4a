"""kserve's ModelServer for one revision: one address, a header, metrics, and an orderly stop."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

import kserve
import uvicorn
import uvloop
from kserve.model_server import app as kserve_app
from prometheus_client import REGISTRY

from platformctl_predictors.serving.about import about, info
from platformctl_predictors.serving.build import Built
from platformctl_predictors.serving.dataplane import FixedRepository, GuardedDataPlane, Routes
from platformctl_predictors.serving.http.access_log import AccessLog
from platformctl_predictors.serving.http.app import Front
from platformctl_predictors.serving.http.connections import CLOSE, Connection, SlowHeads
from platformctl_predictors.serving.http.routes import Route, routes
from platformctl_predictors.serving.sockets import refused
from platformctl_predictors.settings import Settings

REVISION_HEADER = "x-platformctl-revision"
GRACE_S = 25
"""Time for requests in flight after SIGTERM: less than the 30 s after which Kubernetes kills."""

KEEP_ALIVE_S = 3900
"""Longer than a proxy keeps an idle connection (Envoy: 1 h), so that the proxy closes it, not us:
a request that crosses our closing would be lost."""

LINGER_S = 0.5
"""How long an idle connection stays open after SIGTERM, for the request that is on its way on it."""

_POLL_S = 0.01
_TICKS_A_LOOK = 10  # uvicorn ticks ten times a second
_GC_THRESHOLDS = (50_000, 20, 100)

logger = logging.getLogger(__name__)


class _HttpServer(uvicorn.Server):
    """uvicorn that says at once when it stops, and lets requests on their way arrive.

    Args:
        config: Its own.
        front: Told of the stop.
        grpc_server: Stopped together with HTTP, and not after.
    """

    def __init__(self, config: uvicorn.Config, front: Front, grpc_server: Any) -> None:
        super().__init__(config)
        self._front = front
        self._grpc = grpc_server
        self._slow = SlowHeads()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so: from here on the model is ready.

        Raises:
            Exit: 64, another server took the address while this one was loading.
        """
        addresses = ", ".join(str(sock.getsockname()) for sock in sockets or ())
        try:
            await super().startup(sockets)
        except OSError as error:
            raise refused(addresses, error) from error
        logger.info("ready on %s", addresses)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: not ready from now on."""
        self._front.stopping = True
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Now and then look for heads that do not arrive."""
        if counter % _TICKS_A_LOOK == 0:
            self._slow.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, and let what is in flight finish."""
        for server in self.servers:
            server.close()
        stopping = [self._stop_http(sockets)]
        if self._grpc is not None:
            stopping.append(self._grpc.stop())
        await asyncio.gather(*stopping)

    async def _stop_http(self, sockets: list[socket.socket] | None) -> None:
        """Answer what still arrives on open connections, close each with its answer, then the idle ones."""
        state, loop = self.server_state, asyncio.get_running_loop()
        state.default_headers = [*state.default_headers, CLOSE]
        for connection in state.connections:
            cycle: Any = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                cycle.keep_alive = False
        began = loop.time()
        # uvicorn's own sets, without events
        while state.connections and loop.time() < began + (GRACE_S if state.tasks else LINGER_S):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
        self.config.timeout_graceful_shutdown = max(1, int(began + GRACE_S - loop.time()))
        await super().shutdown(sockets)


class RevisionServer(kserve.ModelServer):
    """A kserve.ModelServer for one revision.

    Args:
        settings: What is served, and where.
        listener: A bound socket; it listens once the models are ready.
        built: What is served.
        warm_up: Awaited before that with the V1 route, in the loop that serves: what a model keeps may
            be tied to it.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        built: Built,
        warm_up: Callable[[Route], Awaitable[None]],
    ) -> None:
        super().__init__(workers=1, enable_latency_logging=False, grace_period=GRACE_S)
        self.dataplane = GuardedDataPlane(model_registry=self.registered_models)
        self.model_repository_extension = FixedRepository(self.registered_models)
        self._settings = settings
        self._listener = listener
        self._built = built
        self._warm_up = warm_up
        self._http: _HttpServer | None = None

    def start(self, models: list[Any]) -> None:
        """Serve until a signal, then return when all requests are answered.

        kserve's own start() hardcodes the address; this one does the same for ours.
        """
        self._register_and_check_atleast_one_model_is_ready(models)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())
        for name in list(self.registered_models.get_models()):
            self.registered_models.unload(name)  # calls the models' own stop()

    def stop(self, sig: int) -> None:
        """Handle a signal: uvicorn hands it on after its own shutdown; SIGQUIT comes here first."""
        logger.info("stopping on %s", signal.Signals(sig).name)
        if self._http is not None:
            self._http.should_exit = True

    async def _serve(self) -> None:
        settings, built = self._settings, self._built
        rest = Routes("", self.dataplane, self.model_repository_extension, 0, grace_period=GRACE_S)
        rest.create_application()
        both = routes(built.model, settings.model_name)
        if built.check is not None:
            await built.check()
        if built.pick.runtime != "remote":  # another server's model is warm already
            await self._warm_up(routes(built.predictor, settings.model_name)[0])
        built.recorder.reset()
        REGISTRY.register(built.recorder)
        built.recorder.info = info(built.pick)
        said = about(settings, built)
        log = AccessLog(settings.access_log, settings.revision)
        front = Front(settings.model_name, both, kserve_app, said, built.recorder, log, settings.limits)
        grpc_server = self._grpc(said)
        if grpc_server is not None:
            await grpc_server.start()
        self._http = _HttpServer(_http_config(front, settings), front, grpc_server)
        self.register_signal_handler()
        _settle()
        await asyncio.gather(self._http.serve(sockets=[self._listener]), *self.servers)

    def _grpc(self, said: dict[str, Any]) -> Any:  # a RevisionGrpcServer, imported only where wanted
        if self._settings.listen.grpc is None:
            return None
        from platformctl_predictors.serving.grpc_server import RevisionGrpcServer

        metadata = ((REVISION_HEADER, self._settings.revision),)
        return RevisionGrpcServer(self._settings, self.dataplane, self._built, said, metadata, GRACE_S)


def _settle() -> None:
    """What is in memory now stays: the garbage collector need not look at it again.

    Unfrozen, a full collection walks all that the libraries loaded: 60 ms that a request waits for.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _http_config(front: Front, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http=Connection,
        ws="none",
        loop="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody asks who the caller is
        # uvicorn adds these to every answer, its own refusals of malformed HTTP included.
        headers=[(REVISION_HEADER, settings.revision)],
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
