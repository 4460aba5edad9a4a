"""A predictor in another process, as a kserve.Model: one gRPC connection that stays.

Not kserve's own clients: its REST client gets slower the more requests there are (13 times less than in
one process at 32 connections), its gRPC client copies every value, retries by waiting, and drops the trace
context. docs/transformers.md has the figures.
"""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Any

import grpc
import kserve
import orjson
from grpc import aio
from kserve.errors import InvalidInput
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.outputs.answers import jsonable
from platformctl_predictors.serving.failures import Late, ModelFailed, QueueFull, TooLarge, Unavailable
from platformctl_predictors.serving.queue.asking import ASKED
from platformctl_predictors.serving.remote import hop
from platformctl_predictors.serving.remote.foreign import Translation
from platformctl_predictors.serving.remote.introduction import OPTIONS, Introduced

_PASSED = ("x-request-id", "traceparent", "tracestate", "baggage")
_RECONNECT_S = 2.0  # longer than gRPC waits between two attempts
_HEALTH_S = 1.0
_OPT = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


Metadata = tuple[tuple[str, str], ...]


class Remote(kserve.Model):
    """Asks another server.

    Args:
        name: The model's name, there as here.
        address: The other server's gRPC address, `host:port` or `unix:/path`.
        introduced: What it said of its model.
    """

    def __init__(self, name: str, address: str, introduced: Introduced) -> None:
        super().__init__(name)
        self.signature = introduced.signature
        self._address = address
        self._translation = introduced.translation
        self._connected: tuple[aio.Channel, Any] | None = None
        self.ready = True

    async def healthy(self) -> bool:
        """Whether the other server's model is ready."""
        _, stub = self._connection()
        try:
            answer = await stub.ModelReady(pb.ModelReadyRequest(name=self.name), timeout=_HEALTH_S)
        except aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.UNIMPLEMENTED
        return bool(answer.ready)

    async def predict(
        self,
        payload: Any,  # kserve's signature
        headers: Mapping[str, str] | None = None,
        response_headers: dict[str, str] | None = None,  # noqa: ARG002 kserve's signature
    ) -> Any:  # a dict for V1, kserve's InferResponse for V2
        """Answer one request.

        Raises:
            InvalidInput: The predictor says that the request does not fit.
            Refused: It was not asked, or did not answer; with the status for the caller.
            ModelFailed: It failed.
        """
        metadata = _metadata(headers)
        if isinstance(payload, kserve.InferRequest):
            return kserve.InferResponse.from_grpc(await self._infer(_packed(payload), metadata))
        if self._translation is not None:
            return await self._translated(self._translation, payload, metadata)
        body = orjson.dumps(payload, default=jsonable, option=_OPT)
        return orjson.loads(hop.answered(await self._infer(hop.ask(self.name, body), metadata)))

    async def _translated(self, translation: Translation, payload: Any, metadata: Metadata) -> Any:
        """V1 by tensors."""
        try:
            request = translation.request(payload)
        except BadInput as error:
            raise InvalidInput(str(error)) from error
        if request is None:
            return {"predictions": []}
        return translation.answer(await self._infer(request, metadata))

    async def _infer(self, request: pb.ModelInferRequest, metadata: Metadata) -> pb.ModelInferResponse:
        """One call; a second one where the connection was lost, as a prediction may be made twice."""
        channel, stub = self._connection()
        try:
            return await stub.ModelInfer(request, timeout=_left(), metadata=metadata)
        except aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise self._meaning(error) from error
        try:
            await asyncio.wait_for(channel.channel_ready(), _RECONNECT_S)
            return await stub.ModelInfer(request, timeout=_left(), metadata=metadata)
        except TimeoutError:
            raise Unavailable(f"the predictor at {self._address} cannot be reached") from None
        except aio.AioRpcError as error:
            raise self._meaning(error) from error

    def _meaning(self, error: aio.AioRpcError) -> Exception:
        code, text = error.code(), str(error.details())
        if code is grpc.StatusCode.INVALID_ARGUMENT:
            refused: Exception = InvalidInput(text)
            return refused
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return Late("the deadline passed before the predictor answered")
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return TooLarge(text) if "larger than max" in text or "at most" in text else QueueFull(text)
        if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
            return Unavailable(f"the predictor at {self._address} cannot be reached: {text}")
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return NotImplementedError(text)
        return ModelFailed(text)

    def _connection(self) -> tuple[aio.Channel, Any]:
        """Made at the first call: it belongs to the loop that serves."""
        if self._connected is None:
            channel = aio.insecure_channel(self._address, options=OPTIONS)
            self._connected = channel, GRPCInferenceServiceStub(channel)
        return self._connected


def _left() -> float | None:
    """Seconds that are left for the answer."""
    deadline = ASKED.get().deadline
    return None if deadline is None else max(0.0, deadline - perf_counter())


def _metadata(headers: Mapping[str, str] | None) -> Metadata:
    """What goes on with a request; gRPC takes printable ASCII only."""
    if not headers:
        return ()
    found = ((name, headers.get(name)) for name in _PASSED)
    return tuple((name, value) for name, value in found if value and value.isascii() and value.isprintable())


def _packed(request: Any) -> pb.ModelInferRequest:  # an InferRequest
    """A V2 request as gRPC has it."""
    for tensor in request.inputs:
        if isinstance(tensor.data, list):
            tensor.data = _flat(tensor.data)
    try:
        return request.to_grpc()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"a tensor cannot be sent to the predictor: {error}") from error


def _flat(data: list[Any]) -> list[Any]:
    """JSON's nested lists; gRPC has flat ones."""
    while any(isinstance(item, list) for item in data):
        data = [inner for item in data for inner in (item if isinstance(item, list) else [item])]
    return data
