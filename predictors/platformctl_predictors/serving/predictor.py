"""A loaded model as a kserve.Model: V1 and V2 in, V1 and V2 out."""

import struct
import uuid
from asyncio import Future
from collections.abc import Mapping, Sequence
from typing import Any

import kserve
from kserve.errors import InvalidInput

from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.inputs import tensors
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import Columns, Tensors
from platformctl_predictors.outputs import protocols
from platformctl_predictors.outputs.answers import Output
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.failures import TooLarge
from platformctl_predictors.serving.http.v2json import chosen
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.serving.queue.asking import ASKED, Asked
from platformctl_predictors.serving.queue.engine import Engine
from platformctl_predictors.serving.queue.model_calls import ModelCalls
from platformctl_predictors.settings import Batch, Limits

_V2_TYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "float32": "FP32",
    "float64": "FP64",
    "int32": "INT32",
    "int64": "INT64",
    "bool": "BOOL",
}


class Predictor(kserve.Model):
    """One model behind kserve's interface, and behind the shorter one of the server's own routes.

    Args:
        name: The model's name in every URL.
        loaded: The model.
        recorder: What counts.
        batch: How requests share calls.
        limits: What is refused.
    """

    def __init__(self, name: str, loaded: Loaded, recorder: Recorder, batch: Batch, limits: Limits) -> None:
        super().__init__(name)
        self._loaded = loaded
        self._reader = Reader(loaded.signature, loaded.params)
        self._recorder = recorder
        self._limits = limits
        by_row = loaded.by_row if batch.by_row is None else batch.by_row
        self.calls = ModelCalls(loaded, recorder.scores, by_row=by_row)
        self.signature = loaded.signature
        self._engine: Engine[Input, Result] = Engine(
            self.calls,
            rows=batch.rows,
            queue=limits.queue,
            recorder=recorder,
            # Code that is known to compute and not to wait for anything else.
            may_be_quick=loaded.by_row and loaded.pick.runtime != "pyfunc",
        )
        self.ready = True

    @property
    def quick(self) -> bool:
        """Whether the event loop calls the model itself."""
        return self._engine.pace.quick

    def read_v1(self, body: object) -> Input | None:
        """The rows of a decoded V1 body; None if it has none.

        Raises:
            BadInput: It does not fit the model.
            TooLarge: It has too many rows.
        """
        rows = body.get("instances") if isinstance(body, dict) else None
        if isinstance(rows, list):
            self._check_rows(len(rows))
        return self._reader.v1(body)

    def read_v2(self, inputs: Sequence[tensors.Tensor], parameters: Mapping[str, Any]) -> Input | None:
        """The rows of V2 tensors; None if they have none.

        Raises:
            BadInput: They do not fit the model.
            TooLarge: They have too many rows.
        """
        for tensor in inputs:
            self._check_rows(tensor.shape[0] if tensor.shape else 0)
        return self._reader.v2(inputs, parameters)

    def submit(self, given: Input, asked: Asked) -> Future[Result]:
        """Have the model asked.

        Raises:
            QueueFull: Too many wait already.
        """
        if given.extra:
            self._recorder.extra_columns += given.extra
        return self._engine.submit(given, asked)

    def write_v1(self, result: Result | None) -> dict[str, Any]:
        """The V1 answer; None: to no rows."""
        return {"predictions": []} if result is None else protocols.v1(result)

    def write_v2(self, result: Result | None) -> list[Output]:
        """The V2 outputs; None: of no rows."""
        return [] if result is None else protocols.v2(result, self._loaded.output_names)

    async def predict(
        self,
        payload: object,
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 kserve's signature
        response_headers: dict[str, str] | None = None,  # noqa: ARG002 kserve's signature
    ) -> Any:  # a dict for V1, kserve's InferResponse for V2
        """Answer one request.

        Raises:
            InvalidInput: The request does not fit the model; kserve makes it a 400.
        """
        try:
            if isinstance(payload, kserve.InferRequest):
                return await self._v2(payload)
            given = self.read_v1(payload)
            return self.write_v1(None if given is None else await self.submit(given, ASKED.get()))
        except BadInput as error:
            raise InvalidInput(str(error)) from error

    def get_input_types(self) -> list[dict[str, Any]]:
        """The inputs, as V2's model metadata has them."""
        signature = self._loaded.signature
        if isinstance(signature, Columns):
            return [_metadata(c.name or str(i), c.type, (-1,)) for i, c in enumerate(signature.columns)]
        if isinstance(signature, Tensors):
            return [_metadata(t.name or "input", t.dtype, t.shape) for t in signature.tensors]
        return []

    def _check_rows(self, count: int) -> None:
        if count > self._limits.rows:
            raise TooLarge(f"{count} rows; a request has at most {self._limits.rows}")

    async def _v2(self, request: Any) -> Any:  # kserve.InferRequest to InferResponse
        inputs = [_tensor(infer_input) for infer_input in request.inputs]
        given = self.read_v2(inputs, request.parameters or {})
        result = None if given is None else await self.submit(given, ASKED.get())
        wanted = [each.name for each in request.request_outputs or ()]
        # Flat lists: kserve sends an array over gRPC as raw bytes even to those who sent none.
        outputs = [
            kserve.InferOutput(o.name, list(o.data.shape), o.datatype, data=o.data.ravel().tolist())
            for o in chosen(self.write_v2(result), wanted)
        ]
        return kserve.InferResponse(
            response_id=request.id or str(uuid.uuid4()),
            model_name=self.name,
            infer_outputs=outputs,
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs if outputs else None,
        )


def _metadata(name: str, kind: str, shape: tuple[int, ...]) -> dict[str, Any]:
    return {"name": name, "datatype": _V2_TYPES.get(kind, "BYTES"), "shape": list(shape)}


def _tensor(infer_input: Any) -> tensors.Tensor:  # kserve.InferInput, untyped
    data = infer_input.data
    if infer_input._raw_data is not None:  # noqa: SLF001 kserve keeps gRPC's raw tensors only there
        try:
            data = infer_input.as_numpy()
        except (ValueError, TypeError, struct.error) as error:
            raise BadInput(f'input "{infer_input.name}": {error}') from error
    if data is None:
        raise BadInput(f'input "{infer_input.name}" has no data')
    return tensors.Tensor(infer_input.name, tuple(infer_input.shape), infer_input.datatype, data)
