"""docs/cli-json.md, as documents; and how two documents are compared."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "cli-json.md"


def promised() -> Mapping[str, Mapping[str, object]]:
    """The documents on the page, by kind."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    documents = [json.loads(block) for block in blocks]
    return {document["kind"]: document for document in documents}


def paths(value: object, path: str = "") -> set[str]:
    """The paths of all keys; the entries of a list are one, and what a person or a model writes is a leaf."""
    if isinstance(value, list):
        return {inner for entry in value for inner in paths(entry, f"{path}[]")} or {path}
    free = path in {".weights", ".deployments[].weights", ".answer", ".report"} or path.endswith(".libraries")
    if isinstance(value, Mapping) and not free:
        return {inner for key, entry in value.items() for inner in paths(entry, f"{path}.{key}")}
    return {path}
