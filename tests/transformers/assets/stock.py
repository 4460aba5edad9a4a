"""A model server that is kserve's own and knows nothing of platformctl. `python stock.py HTTP GRPC`."""

import sys

HTTP, GRPC = (int(port) for port in sys.argv[1:3])
sys.argv = sys.argv[:1]  # importing kserve parses what is there

from collections.abc import Mapping  # noqa: E402 kserve is imported after argv
from typing import Any  # noqa: E402 as above

import kserve  # noqa: E402 as above


class Stock(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """Doubles a number, and turns a word round."""

    def get_input_types(self) -> list[dict[str, Any]]:
        return [
            {"name": "number", "datatype": "FP64", "shape": [-1]},
            {"name": "word", "datatype": "BYTES", "shape": [-1, 1]},
        ]

    def predict(self, payload: Any, headers: Mapping[str, str] | None = None) -> Any:  # noqa: ARG002 kserve's signature
        numbers, words = (each.as_numpy().ravel().tolist() for each in payload.inputs)
        if "fail" in [word.decode() for word in words]:
            raise kserve.errors.InvalidInput("the word is fail")
        outputs = [
            kserve.InferOutput("double", [len(numbers)], "FP64", data=[2 * number for number in numbers]),
            kserve.InferOutput("turned", [len(words)], "BYTES", data=[word[::-1] for word in words]),
        ]
        return kserve.InferResponse("1", self.name, outputs)


if __name__ == "__main__":
    model = Stock("churn")
    model.load()
    kserve.ModelServer(http_port=HTTP, grpc_port=GRPC, enable_grpc=True, workers=1).start([model])
