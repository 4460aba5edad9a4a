"""kserve's gRPC service on one address, with the revision's metadata and metrics."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import grpc
from grpc import aio
from grpc_interceptor.server import AsyncServerInterceptor
from kserve.constants.constants import MAX_GRPC_MESSAGE_LENGTH
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc
from kserve.protocol.grpc.interceptors import ExceptionToStatusInterceptor
from kserve.protocol.grpc.servicer import InferenceServicer

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.serving.dataplane import FixedRepository
from platformctl_predictors.serving.metrics import Recorder

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_OPTIONS = (
    ("grpc.max_send_message_length", MAX_GRPC_MESSAGE_LENGTH),
    ("grpc.max_receive_message_length", MAX_GRPC_MESSAGE_LENGTH),
    ("grpc.so_reuseport", 0),  # else a second server on the port would share it in silence
)


class _RevisionInterceptor(AsyncServerInterceptor):
    """The outermost one: says the revision, and records the status that the caller gets."""

    def __init__(self, recorder: Recorder, metadata: tuple[tuple[str, str], ...]) -> None:
        self._recorder = recorder
        self._metadata = metadata

    async def intercept(
        self,
        method: Callable[[Any, Any], Awaitable[Any]],
        request_or_iterator: Any,  # gRPC's signature
        context: aio.ServicerContext[Any, Any],
        method_name: str,
    ) -> Any:  # gRPC's signature
        started = perf_counter()
        await context.send_initial_metadata(self._metadata)
        try:
            return await method(request_or_iterator, context)
        finally:
            if method_name == _INFER:
                self._recorder.record("grpc", _status(context), started)


class RevisionGrpcServer:
    """The V2 protocol over gRPC.

    Args:
        address: host:port.
        data_plane: What answers.
        recorder: What counts.
        metadata: Sent with every answer.
        grace_s: Time for calls in flight once stopped, in seconds.
    """

    def __init__(
        self,
        address: str,
        data_plane: DataPlane,
        recorder: Recorder,
        metadata: tuple[tuple[str, str], ...],
        grace_s: float,
    ) -> None:
        self._address = address
        self._data_plane = data_plane
        self._interceptors = (
            _RevisionInterceptor(recorder, metadata),
            ExceptionToStatusInterceptor(),
        )
        self._grace_s = grace_s
        self._server: aio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            Exit: 64, the address is taken.
        """
        server = aio.server(interceptors=self._interceptors, options=_OPTIONS)
        servicer = InferenceServicer(self._data_plane, FixedRepository(None))
        grpc_predict_v2_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(servicer, server)
        try:
            server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise Exit(
                Code.SETTINGS,
                f"listen.grpc: cannot use {self._address}: {error}",
                "stop what uses it, or name another port",
            ) from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Stop accepting, and let calls in flight finish."""
        if self._server is not None:
            await self._server.stop(self._grace_s)


def _status(context: aio.ServicerContext[Any, Any]) -> str:
    """The status by name; gRPC has none yet (0, or None) while a call goes well."""
    code: Any = context.code()
    if isinstance(code, grpc.StatusCode):
        return str(code.name)
    return next((str(s.name) for s in grpc.StatusCode if s.value[0] == code), "OK")
