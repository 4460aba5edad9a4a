"""kserve's gRPC service on one address, with the revision's metadata, metrics and statuses."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc
import kserve
import orjson
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # ships no types
from grpc import aio
from kserve.errors import InvalidInput
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc
from kserve.protocol.grpc.servicer import InferenceServicer

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.outputs.answers import jsonable
from platformctl_predictors.serving.build import Built
from platformctl_predictors.serving.dataplane import FixedRepository
from platformctl_predictors.serving.failures import OF_THE_MODEL, failure
from platformctl_predictors.serving.http.bodies import decoded
from platformctl_predictors.serving.lean import Lean
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.queue.asking import ASKED, Asked
from platformctl_predictors.serving.remote import hop
from platformctl_predictors.settings import Settings, UnixListen

_INFER = "/inference.GRPCInferenceService/ModelInfer"
_REQUEST_ID = "x-request-id"
_UNREADABLE = object()

# A client looks the name up again when its connection ends: so it finds servers that are new.
_AGE_MS = 60_000

Metadata = tuple[tuple[str, str], ...]


class RevisionGrpcServer:
    """The V2 protocol over gRPC.

    Args:
        settings: Where to listen, and what is refused.
        data_plane: kserve's, for all but inference.
        built: What answers, and what counts.
        about: What serves, and why.
        metadata: Sent with every answer.
        grace_s: Time for calls in flight once stopped, in seconds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 the server's parts come together here
        self,
        settings: Settings,
        data_plane: DataPlane,
        built: Built,
        about: dict[str, Any],
        metadata: Metadata,
        grace_s: float,
    ) -> None:
        self._settings = settings
        self._servicer = _Servicer(data_plane, settings.model_name, built.model)
        self._about = orjson.dumps(about)
        self._watch = _Watch(built.recorder, metadata)
        self._grace_s = grace_s
        self._server: aio.Server | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            Exit: 64, the address is taken.
        """
        server = aio.server(interceptors=(self._watch,), options=_options(self._settings))
        grpc_predict_v2_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(self._servicer, server)
        about = grpc.unary_unary_rpc_method_handler(self._say)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(hop.SERVICE, {hop.ABOUT: about}),)
        )
        address = _address(self._settings)
        try:
            server.add_insecure_port(address)
        except RuntimeError as error:
            raise Exit(
                Code.SETTINGS,
                f"listen.grpc: cannot use {address}: {error}",
                "stop what uses it, or name another port; a unix path has at most 107 bytes",
            ) from error
        await server.start()
        if isinstance(self._settings.listen, UnixListen):
            Path(str(self._settings.listen.grpc)).chmod(0o600)  # noqa: ASYNC240 no disk behind it
        self._server = server

    async def stop(self) -> None:
        """Stop accepting, and let calls in flight finish."""
        if self._server is not None:
            await self._server.stop(self._grace_s)

    async def _say(self, _: bytes, __: Any) -> bytes:
        return self._about


class _Servicer(InferenceServicer):
    """kserve's servicer; inference without its data plane, and V1 between two servers of ours."""

    def __init__(self, data_plane: DataPlane, name: str, model: Any) -> None:  # kserve.Model, untyped
        super().__init__(data_plane, FixedRepository(None))
        self._name = name
        self._lean = Lean(model)

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802 gRPC's name
        """Answer one inference request."""
        if request.model_name != self._name:
            self._data_plane.get_model_from_registry(request.model_name)  # raises ModelNotFound
        headers = dict(context.invocation_metadata() or ())
        ASKED.set(_asked(context))
        body = _marked(request)
        if body is not None:
            answer, _ = await self._lean(decoded(body), headers)
            return hop.answer(self._name, orjson.dumps(jsonable(answer)))
        answer, _ = await self._lean(self._request(request), headers)
        return _response(answer)

    def _request(self, request: Any) -> Any:  # a kserve.InferRequest
        try:
            self.validate_grpc_request(request)
            return kserve.InferRequest.from_grpc(request)
        except InvalidInput:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"the request cannot be read: {error}") from error


class _Watch(aio.ServerInterceptor):
    """Around each call: says the revision, gives each failure its status, counts inference."""

    def __init__(self, recorder: Recorder, metadata: Metadata) -> None:
        self._recorder = recorder
        self._metadata = metadata

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:  # gRPC's signature
        """The handler, watched."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        inference = handler_call_details.method == _INFER

        async def call(request: Any, context: Any) -> Any:
            return await self._call(handler.unary_unary, request, context, inference=inference)

        return grpc.unary_unary_rpc_method_handler(
            call, _readable(handler.request_deserializer), handler.response_serializer
        )

    async def _call(self, method: Any, request: Any, context: Any, *, inference: bool) -> Any:
        started = perf_counter()
        metadata = self._metadata + _echo(context)
        if inference and hop.is_marked(request):
            context.set_trailing_metadata(metadata)  # goes with the answer: one write less, 0.1 ms
        else:
            await context.send_initial_metadata(metadata)
        if not inference:
            return await _told(method, request, context)
        self._recorder.in_flight += 1
        code = "CANCELLED"
        try:
            answer = await _run(method, request, context)
            code = "OK"
        except Exception as error:  # noqa: BLE001 each has a status
            told = failure(error)
            code = told.code
            self._recorder.failed(error, told)
            await _abort(context, code, told.text)
        else:
            return answer
        finally:
            self._recorder.in_flight -= 1
            if code != "CANCELLED":
                self._recorder.answered("grpc", code, perf_counter() - started)


class _Caller:
    """Whether a call's other end is still there."""

    __slots__ = ("_context",)

    def __init__(self, context: Any) -> None:
        self._context = context

    @property
    def disconnected(self) -> bool:
        return bool(self._context.cancelled())


async def _told(method: Any, request: Any, context: Any) -> Any:
    try:
        return await _run(method, request, context)
    except Exception as error:  # noqa: BLE001 each has a status
        told = failure(error)
        await _abort(context, told.code, told.text)


async def _run(method: Any, request: Any, context: Any) -> Any:
    if request is _UNREADABLE:
        raise InvalidInput("the message is not what this method takes")
    return await method(request, context)


async def _abort(context: Any, code: str, text: str) -> None:
    await context.abort(grpc.StatusCode[code], text)


def _readable(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """Garbage as such: gRPC itself would call it an internal error."""
    if deserialize is None:
        return None

    def read(message: bytes) -> Any:
        try:
            return deserialize(message)
        except DecodeError:
            return _UNREADABLE

    return read


def _asked(context: Any) -> Asked:
    left = context.time_remaining()
    return Asked(None if left is None else perf_counter() + left, _Caller(context))


def _echo(context: Any) -> Metadata:
    metadata = context.invocation_metadata() or ()
    return tuple((key, value) for key, value in metadata if key == _REQUEST_ID)


def _marked(request: Any) -> bytes | None:
    try:
        return hop.asked(request)
    except ValueError as error:
        raise InvalidInput(str(error)) from error


def _response(answer: Any) -> Any:  # pb.ModelInferResponse
    if isinstance(answer, pb.ModelInferResponse):
        return answer
    with OF_THE_MODEL:
        if isinstance(answer, kserve.InferResponse):
            return answer.to_grpc()
        return pb.ModelInferResponse(**{key: answer[key] for key in ("id", "model_name", "outputs")})


def _options(settings: Settings) -> tuple[tuple[str, int], ...]:
    by_name = () if isinstance(settings.listen, UnixListen) else (("grpc.max_connection_age_ms", _AGE_MS),)
    return (
        *by_name,
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", settings.limits.body_bytes),
        ("grpc.so_reuseport", 0),  # else a second server on the port would share it in silence
    )


def _address(settings: Settings) -> str:
    listen = settings.listen
    if isinstance(listen, UnixListen):
        return f"unix:{listen.grpc}"
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return f"{host}:{listen.grpc}"
