"""kserve's ModelServer for one revision: one address, a header, metrics, and an orderly stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import kserve
import uvicorn
from fastapi import FastAPI
from kserve.model_server import app as kserve_app
from kserve.protocol.rest.server import RESTServer

from platformctl_predictors.serving.dataplane import FixedRepository, GuardedDataPlane, add_handlers
from platformctl_predictors.serving.grpc_server import RevisionGrpcServer
from platformctl_predictors.serving.metrics import Recorder, RecordingMiddleware
from platformctl_predictors.serving.sockets import refused
from platformctl_predictors.settings import Settings, TcpListen

REVISION_HEADER = "x-platformctl-revision"
GRACE_S = 25
"""Time for requests in flight after SIGTERM: less than the 30 s after which Kubernetes kills."""

KEEP_ALIVE_S = 3900
"""Longer than a proxy keeps an idle connection (Envoy: 1 h), so that the proxy closes it, not us:
a request that crosses our closing would be lost."""

logger = logging.getLogger(__name__)


class _HttpServer(uvicorn.Server):
    """uvicorn that stops gRPC together with itself, and not after."""

    def __init__(self, config: uvicorn.Config, grpc_server: RevisionGrpcServer | None) -> None:
        super().__init__(config)
        self._grpc = grpc_server

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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, and let what is in flight finish."""
        stopping = [super().shutdown(sockets)]
        if self._grpc is not None:
            stopping.append(self._grpc.stop())
        await asyncio.gather(*stopping)


class _RestServer(RESTServer):
    """kserve's routes on a socket of ours, without its timing trace and access log."""

    def _add_middlewares(self, app: FastAPI) -> None:
        """None of kserve's: its timing middleware logs two lines a request."""

    def _add_exception_handlers(self, app: FastAPI) -> None:
        super()._add_exception_handlers(app)
        add_handlers(app)


class RevisionServer(kserve.ModelServer):
    """A kserve.ModelServer for one revision.

    Args:
        settings: What is served, and where.
        listener: A bound socket; it listens once the models are ready.
        warm_up: Awaited before that, in the loop that serves: what a model keeps may be tied to it.
    """

    def __init__(
        self, settings: Settings, listener: socket.socket, warm_up: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(workers=1, enable_latency_logging=False, grace_period=GRACE_S)
        self.dataplane = GuardedDataPlane(model_registry=self.registered_models)
        self.model_repository_extension = FixedRepository(self.registered_models)
        self._listener = listener
        self._warm_up = warm_up
        recorder = Recorder(settings.model_name, settings.revision)
        self._grpc_server = self._make_grpc(settings, recorder)
        self._http = _HttpServer(_http_config(settings, recorder), self._grpc_server)

    def start(self, models: list[Any]) -> None:
        """Serve until a signal, then return when all requests are answered.

        kserve's own start() hardcodes the address; this one does the same for ours.
        """
        self._register_and_check_atleast_one_model_is_ready(models)
        asyncio.run(self._serve())
        for name in list(self.registered_models.get_models()):
            self.registered_models.unload(name)  # calls the models' own stop()

    def stop(self, sig: int) -> None:
        """Handle a signal: uvicorn hands it on after its own shutdown; SIGQUIT comes here first."""
        logger.info("stopping on %s", signal.Signals(sig).name)
        self._http.should_exit = True

    async def _serve(self) -> None:
        rest = _RestServer("", self.dataplane, self.model_repository_extension, 0, grace_period=GRACE_S)
        rest.create_application()
        await self._warm_up()
        if self._grpc_server is not None:
            await self._grpc_server.start()
        self.register_signal_handler()
        await asyncio.gather(self._http.serve(sockets=[self._listener]), *self.servers)

    def _make_grpc(self, settings: Settings, recorder: Recorder) -> RevisionGrpcServer | None:
        listen = settings.listen
        if not isinstance(listen, TcpListen) or listen.grpc is None:
            return None
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        metadata = ((REVISION_HEADER, settings.revision),)
        return RevisionGrpcServer(f"{host}:{listen.grpc}", self.dataplane, recorder, metadata, GRACE_S)


def _http_config(settings: Settings, recorder: Recorder) -> uvicorn.Config:
    return uvicorn.Config(
        RecordingMiddleware(kserve_app, recorder),
        log_config=None,
        access_log=False,
        server_header=False,
        # uvicorn adds these to every answer, its own refusals of malformed HTTP included.
        headers=[(REVISION_HEADER, settings.revision)],
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
