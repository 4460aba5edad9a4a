"""What another model server says of its model, asked once before this one is ready."""

import logging
import time
from dataclasses import dataclass

import grpc
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.inputs.signature import Signature
from platformctl_predictors.serving.remote import hop
from platformctl_predictors.serving.remote.foreign import Tensor, Translation

WAIT_S = 600.0
"""For the other server to load its model; a large one takes minutes."""

OPTIONS = (
    ("grpc.max_send_message_length", -1),  # the predictor's own limit decides
    ("grpc.max_receive_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # the predictor is next to us; a proxy of the environment is not meant
    ("grpc.lb_policy_name", "round_robin"),  # a name may stand for several pods: all are asked in turn
    ("grpc.dns_min_time_between_resolutions_ms", 1000),  # half a minute, else, without those that are new
    ("grpc.enable_retries", 0),  # remote.py has its own
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)

_ASK_S = 5.0
_PAUSE_S = 0.1
_LOG_S = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Introduced:
    """A predictor in another process.

    Args:
        signature: What it takes; None: it does not say.
        translation: For a server that is not ours; None: it is.
    """

    signature: Signature | None
    translation: Translation | None


def introduce(address: str, name: str, wait_s: float = WAIT_S) -> Introduced:
    """Wait until the predictor is ready, and ask what it takes.

    Args:
        address: Its gRPC address, `host:port` or `unix:/path`.
        name: The model's.
        wait_s: Seconds to wait, at most.

    Raises:
        Exit: 64, no ready model of that name by then.
    """
    with grpc.insecure_channel(address, options=OPTIONS) as channel:
        stub = GRPCInferenceServiceStub(channel)
        _wait(stub, address, name, wait_s)
        try:
            return _ask(channel, stub, name)
        except (grpc.RpcError, ValueError) as error:
            raise _unusable(address, f"does not say what the model takes: {_text(error)}") from error


def _wait(stub: GRPCInferenceServiceStub, address: str, name: str, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    logged = -_LOG_S
    while (problem := _problem(stub, name, deadline)) is not None:
        now = time.monotonic()
        if now >= deadline:
            raise _unusable(address, f"was not ready within {wait_s:g} s: {problem}")
        if now - logged >= _LOG_S:
            logger.info("waiting for the predictor at %s: %s", address, problem)
            logged = now
        time.sleep(_PAUSE_S)


def _problem(stub: GRPCInferenceServiceStub, name: str, deadline: float) -> str | None:
    """Why the model is not ready; None: it is."""
    left = max(0.01, min(_ASK_S, deadline - time.monotonic()))
    try:
        ready = stub.ModelReady(pb.ModelReadyRequest(name=name), timeout=left).ready
    except grpc.RpcError as error:
        return None if error.code() is grpc.StatusCode.UNIMPLEMENTED else _text(error)
    return None if ready else "it says that it is not ready"


def _ask(channel: grpc.Channel, stub: GRPCInferenceServiceStub, name: str) -> Introduced:
    about = channel.unary_unary(f"/{hop.SERVICE}/{hop.ABOUT}")
    try:
        return Introduced(hop.described(about(b"", timeout=_ASK_S)), None)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
            raise
    logger.info("the predictor is no server of platformctl's: its V2 metadata says what it takes")
    answer = stub.ModelMetadata(pb.ModelMetadataRequest(name=name), timeout=_ASK_S)
    tensors = [Tensor(each.name, each.datatype, tuple(each.shape)) for each in answer.inputs]
    translation = Translation(name, tensors)
    return Introduced(translation.signature, translation)


def _unusable(address: str, problem: str) -> Exit:
    return Exit(
        Code.SETTINGS,
        f"predictor.address: {address} {problem}",
        "start the predictor with gRPC (listen.grpc) and the same model_name, or correct the address",
    )


def _text(error: Exception) -> str:
    if isinstance(error, grpc.RpcError):
        return f"{error.code().name}: {error.details()}"
    return str(error)
