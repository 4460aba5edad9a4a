"""A predictor with one mistake, to prove that fuzzing finds it."""

from typing import Any

import kserve


class BrokenOnZero(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """Divides by the age."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ready = True

    def predict(self, payload: Any, headers: object = None) -> Any:  # noqa: ARG002 kserve's signature
        ages = _ages(payload)
        return {"predictions": [1 / age for age in ages]}


def _ages(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        raise kserve.errors.InvalidInput("V1 only")
    rows = payload.get("instances")
    rows = rows if isinstance(rows, list) else [None]
    ages = [row.get("age") if isinstance(row, dict) else None for row in rows]
    if not all(type(age) is int and abs(age) < 2**63 for age in ages):
        raise kserve.errors.InvalidInput("an integer age is expected")
    return ages
