"""A model's own input example, as a V1 request.

MLflow writes `serving_input_example.json` as `{"dataframe_split": {"columns": [...], "data": [...]}}`,
`{"dataframe_records": [...]}`, `{"instances": [...]}` or `{"inputs": [...]}`.
"""

import json
from typing import Any

from platformctl.domain.errors import SpecError


def v1_request(example: bytes) -> bytes:
    """Return the body of a V1 request that asks for the example's rows.

    Raises:
        SpecError: It is none of MLflow's formats.
    """
    try:
        document = json.loads(example)
    except ValueError as error:
        raise SpecError(f"the model's input example is not JSON: {error}") from error
    instances = _instances(document)
    if not isinstance(instances, list):
        raise SpecError(
            "the model's input example is none of dataframe_split, dataframe_records, instances, inputs",
            hint="send an input of your own: platformctl predict NAME --input FILE",
        )
    return json.dumps({"instances": instances}).encode()


def _rows(split: Any) -> list[dict[str, Any]] | None:  # any JSON
    try:
        return [dict(zip(split["columns"], row, strict=True)) for row in split["data"]]
    except (KeyError, TypeError, ValueError):
        return None


def _instances(document: Any) -> Any:  # any JSON
    if not isinstance(document, dict):
        return None
    if "dataframe_split" in document:
        return _rows(document["dataframe_split"])
    for key in ("dataframe_records", "instances", "inputs"):
        if key in document:
            return document[key]
    return None
