"""The transformer: a kserve.Model whose `predict` is never called."""

from collections.abc import Mapping
from typing import Any

import kserve
from kserve.errors import InvalidInput

LABELS = {0: "stays", 1: "leaves"}


class Prepare(kserve.Model):
    """Rows for the churn model, and words for its answers."""

    input_example = (
        {"calls": [3, 0, 2], "plan": " Plus ", "months": 14},
        {"calls": [], "plan": "basic", "months": 1},
    )
    """Rows as callers send them. What `preprocess` makes of them is checked before the server is ready."""

    def preprocess(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The rows with the columns of the model's signature.

        Raises:
            InvalidInput: A row does not fit; the caller gets it as a 400. Anything else is a 500.
        """
        del headers
        rows = [_prepared(number, row) for number, row in enumerate(payload["instances"])]
        return {**payload, "instances": rows}

    def postprocess(
        self,
        result: dict[str, Any],
        headers: Mapping[str, str] | None = None,
        response_headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer in words. Leave it out where the model's own answer will do."""
        del headers, response_headers
        return {**result, "predictions": [LABELS[label] for label in result["predictions"]]}


def _prepared(number: int, row: dict[str, Any]) -> dict[str, Any]:
    try:
        return {
            "calls": sum(row["calls"]),
            "plan": row["plan"].strip().lower(),
            "months": row["months"],
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"row {number}: calls (a list), plan (text) and months are expected") from error
