"""A loaded model as a kserve.Model: V1 and V2 in, V1 and V2 out."""

import asyncio
import struct
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kserve
from kserve.errors import InvalidInput

from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.inputs import tensors
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import Columns, Tensors
from platformctl_predictors.outputs import answers
from platformctl_predictors.outputs.result import Result

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
    """One model behind kserve's interface.

    The model is called by one thread, one call at a time: many libraries are not thread-safe, and
    health checks are answered meanwhile.

    Args:
        name: The model's name in every URL.
        loaded: The model.
    """

    def __init__(self, name: str, loaded: Loaded) -> None:
        super().__init__(name)
        self._loaded = loaded
        self._reader = Reader(loaded.signature, loaded.params)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self.ready = True

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
            return await self._v1(payload)
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

    async def _v1(self, payload: object) -> dict[str, Any]:
        given = self._reader.v1(payload)
        if given is None:
            return {"predictions": []}
        result = await self._run(given)
        return {"predictions": answers.predictions(result.predictions)}

    async def _v2(self, request: Any) -> Any:  # kserve.InferRequest to InferResponse
        inputs = [_tensor(infer_input) for infer_input in request.inputs]
        given = self._reader.v2(inputs, request.parameters or {})
        result = [] if given is None else self._outputs((await self._run(given)).predictions)
        return kserve.InferResponse(
            response_id=request.id or str(uuid.uuid4()),
            model_name=self.name,
            infer_outputs=result,
            use_binary_outputs=request.use_binary_outputs,
            requested_outputs=request.request_outputs if result else None,
        )

    def _outputs(self, result: object) -> list[Any]:
        # Flat lists: kserve sends an array over gRPC as raw bytes even to those who sent none.
        return [
            kserve.InferOutput(o.name, list(o.data.shape), o.datatype, data=o.data.ravel().tolist())
            for o in answers.outputs(result, self._loaded.output_names)
        ]

    async def _run(self, given: Input) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._loaded.compute, given)


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
