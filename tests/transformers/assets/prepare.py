"""Transformers and predictors as users write them."""

from collections.abc import Mapping
from typing import Any

import kserve
from kserve.errors import InvalidInput


class Fits(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """Makes what the churn model takes."""

    input_example: Any = ({"born": 1990},)

    def preprocess(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:  # noqa: ARG002 kserve's signature
        return {"instances": [self.row(row) for row in payload["instances"]]}

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        if "born" not in row:
            raise InvalidInput("born is missing")
        age = 2024 - row["born"]
        return {"age": age, "income": 1.0, "plan": "plus", "active": True, "since": "2024-01-01"}


class LacksAColumn(Fits):
    """Forgets the plan."""

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in super().row(row).items() if name != "plan"}


class WrongType(Fits):
    """Gives text where a number is expected."""

    def row(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**super().row(row), "age": "old"}


class Awaits(WrongType):
    """The same, as a coroutine."""

    async def preprocess(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        return super().preprocess(payload, headers)


class Fails(Fits):
    """An example that it does not take itself."""

    input_example = ({"name": "ada"},)


class InTensors(Fits):
    """Makes a V2 request of a V1 one."""

    def preprocess(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        rows = super().preprocess(payload, headers)["instances"]
        kinds = {"age": "INT64", "income": "FP64", "plan": "BYTES", "active": "BOOL", "since": "BYTES"}
        tensors = [
            kserve.InferInput(name, [len(rows)], kind, data=[row[name] for row in rows])
            for name, kind in kinds.items()
        ]
        return kserve.InferRequest(self.name, tensors)


class Unsure(Fits):
    """Has no example."""

    input_example = None


class OnlyAfter(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """Leaves what callers send as it is."""

    def postprocess(
        self,
        result: dict[str, Any],
        headers: Mapping[str, str] | None = None,  # noqa: ARG002 kserve's signature
        response_headers: dict[str, str] | None = None,  # noqa: ARG002 kserve's signature
    ) -> Any:  # kserve's signature
        return {"predictions": [f"{value:.1f}" for value in result["predictions"]]}


class Echo(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A predictor that answers with what it got; it knows V1 only, and has no signature."""

    def predict(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        return {"predictions": payload["instances"], "headers": dict(headers or {})}
