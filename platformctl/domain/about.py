"""What a model server says of itself at `/platformctl/about`: from its JSON to a value. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from platformctl.domain.observed import Faster, Serving

PATH = "/platformctl/about"


def parse(body: bytes) -> Serving | None:
    """Return what it says; None if that is not what our servers say (an older one, or none of ours)."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, Mapping) or not isinstance(said.get("runtime"), str):
        return None
    batch = _mapping(said.get("batch"))
    return Serving(
        runtime=said["runtime"],
        why=_text(said.get("why")),
        faster=tuple(_faster(said.get("faster"))),
        transformer=_text(said.get("transformer")) or None,
        batch_rows=batch["rows"] if isinstance(batch.get("rows"), int) else None,
        by_row=batch["by_row"] if isinstance(batch.get("by_row"), bool) else None,
        gpu=said["gpu"] if isinstance(said.get("gpu"), int) else 0,
        libraries={str(name): str(version) for name, version in _mapping(said.get("libraries")).items()},
    )


def _faster(found: Any) -> list[Faster]:  # any JSON
    entries = found if isinstance(found, list) else []
    return [
        Faster(entry["runtime"], _text(entry.get("needs")))
        for entry in entries
        if isinstance(entry, Mapping) and isinstance(entry.get("runtime"), str)
    ]


def _mapping(value: Any) -> Mapping[Any, Any]:  # any JSON
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:  # any JSON
    return value if isinstance(value, str) else ""
