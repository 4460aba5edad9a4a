"""The two inference routes: from a body's bytes to an answer's."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import kserve
import orjson

from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.signature import Columns
from platformctl_predictors.outputs.answers import jsonable
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.failures import OF_THE_MODEL
from platformctl_predictors.serving.http import v2json
from platformctl_predictors.serving.http.bodies import decoded
from platformctl_predictors.serving.lean import Lean
from platformctl_predictors.serving.predictor import Predictor
from platformctl_predictors.serving.queue.asking import ASKED, Asked
from platformctl_transformers import AFTER, Collocated, FeatureTransformer

LARGE_BYTES = 256 * 1024
"""Bodies from here on are read by a thread: health goes on meanwhile."""

Headers = list[tuple[bytes, bytes]]

JSON: Headers = [(b"content-type", b"application/json")]
_SERVERS = {"connection", "content-length", "content-type", "transfer-encoding"}
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_BINARY_HEADER = b"inference-header-content-length"


class Answer(NamedTuple):
    """What is sent back; `rows` is for the log, None where nobody counted."""

    body: bytes | AsyncIterator[Any]
    headers: Headers
    rows: int | None


class Route(Protocol):
    """Answers the requests of one protocol."""

    async def answer(self, body: bytes, headers: Mapping[bytes, bytes], asked: Asked) -> Answer:
        """Answer one request.

        Raises:
            Exception: `failures.failure` says what it means.
        """


class PredictorRoute:
    """Our own predictor, asked without kserve's objects in between.

    Args:
        read: From a body to rows, and to what the answer will need.
        write: From a result and that to an answer's body.
        predictor: What is asked.
    """

    def __init__(
        self,
        read: Callable[[bytes], tuple[Input | None, Any]],
        write: Callable[[Result | None, Any], bytes],
        predictor: Predictor,
    ) -> None:
        self._read = read
        self._write = write
        self._submit = predictor.submit
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="reader")

    async def answer(self, body: bytes, headers: Mapping[bytes, bytes], asked: Asked) -> Answer:  # noqa: ARG002 Route's
        """See Route."""
        if len(body) > LARGE_BYTES:
            return await self._large(body, asked)
        given, context = self._read(body)
        if given is None:
            return Answer(self._write(None, context), JSON, 0)
        result = await self._submit(given, asked)
        return Answer(self._write(result, context), JSON, given.count)

    async def _large(self, body: bytes, asked: Asked) -> Answer:
        loop = asyncio.get_running_loop()
        given, context = await loop.run_in_executor(self._readers, self._read, body)
        result = None if given is None else await self._submit(given, asked)
        written = await loop.run_in_executor(self._readers, self._write, result, context)
        return Answer(written, JSON, 0 if given is None else given.count)


class ModelRoute:
    """Any other kserve.Model, with the objects that kserve would give it.

    Args:
        decode: From a body to what the model's handlers take.
        model: What is asked.
    """

    def __init__(self, decode: Callable[[bytes], Any], model: Any) -> None:  # kserve.Model, untyped
        self._decode = decode
        self._lean = Lean(model)

    async def answer(self, body: bytes, headers: Mapping[bytes, bytes], asked: Asked) -> Answer:
        """See Route."""
        ASKED.set(asked)
        large = len(body) > LARGE_BYTES
        payload = await asyncio.to_thread(self._decode, body) if large else self._decode(body)
        texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}
        answer, wanted = await self._lean(payload, texts)
        with OF_THE_MODEL:
            content, more = _encoded(answer)
            return Answer(content, [*_header_pairs(wanted), *more], None)


def routes(model: Any, name: str) -> tuple[Route, Route]:  # kserve.Model, untyped
    """The V1 and the V2 route of a model."""
    if isinstance(model, Predictor):
        return _v1_route(model, model.read_v1), _v2_route(model, name)
    v2 = ModelRoute(lambda body: _infer_request(body, name), model)
    if isinstance(model, Collocated) and isinstance(model.transformer, FeatureTransformer):
        predictor = model.predictor
        if isinstance(predictor, Predictor):
            return _v1_route(predictor, _prepared(model.transformer, predictor)), v2
    return ModelRoute(_object, model), v2


def _v1_route(predictor: Predictor, rows: Callable[[Any], Input | None]) -> PredictorRoute:
    def read(body: bytes) -> tuple[Input | None, None]:
        return rows(decoded(body)), None

    def write(result: Result | None, _: None) -> bytes:
        return orjson.dumps(predictor.write_v1(result))

    return PredictorRoute(read, write, predictor)


def _prepared(transformer: FeatureTransformer, predictor: Predictor) -> Callable[[Any], Input | None]:
    """Our own transformer only reads: what stands between a model and its handlers is left out."""
    signature = predictor.signature
    prepare = transformer.in_order(signature.names if isinstance(signature, Columns) else ())

    def rows(body: Any) -> Input | None:
        made = prepare(body)
        try:
            return predictor.read_v1(made)
        except BadInput as error:
            raise BadInput(f"{AFTER}{error}", error.reason) from error

    return rows


def _v2_route(predictor: Predictor, name: str) -> PredictorRoute:
    def read(body: bytes) -> tuple[Input | None, v2json.Request]:
        request = v2json.parse(decoded(body))
        return predictor.read_v2(request.inputs, request.parameters), request

    def write(result: Result | None, request: v2json.Request) -> bytes:
        return orjson.dumps(v2json.response(name, request, predictor.write_v2(result)))

    return PredictorRoute(read, write, predictor)


def _object(body: bytes) -> Any:
    payload = decoded(body)
    if not isinstance(payload, dict):
        raise BadInput('the body must be a JSON object: {"instances": [...]}', "body")
    return payload


def _infer_request(body: bytes, name: str) -> Any:  # kserve.InferRequest
    request = v2json.parse(decoded(body))
    return kserve.InferRequest(
        name,
        [
            kserve.InferInput(t.name, list(t.shape), t.datatype, data=t.data, parameters={})
            for t in request.inputs
        ],
        request_id=request.id,
        parameters=dict(request.parameters) or None,
    )


def _encoded(answer: Any) -> tuple[bytes | AsyncIterator[Any], Headers]:
    """Whatever a model's handlers give, as kserve would send it."""
    if isinstance(answer, kserve.InferResponse):
        answer, json_size = answer.to_rest()
        if json_size is not None:
            return answer, [(_BINARY_HEADER, str(json_size).encode())]
    if isinstance(answer, AsyncIterator):
        return answer, []
    if isinstance(answer, bytes | str):
        return answer.encode() if isinstance(answer, str) else answer, []
    return orjson.dumps(jsonable(answer)), JSON


def _header_pairs(wanted: Mapping[str, str]) -> Headers:
    """A model's own headers. None may end the head, or say what only the server knows."""
    pairs = []
    for name, value in wanted.items():
        if name.lower() in _SERVERS:
            continue
        pair = (name.lower().encode("latin-1"), str(value).encode("latin-1"))
        if not _NAME.fullmatch(pair[0]) or not _VALUE.fullmatch(pair[1]):
            raise ValueError(f"the model wants a header that HTTP does not have: {name!r}")
        pairs.append(pair)
    return pairs
