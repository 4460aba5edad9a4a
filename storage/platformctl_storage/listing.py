"""Names and sizes as a server tells them. Nothing that it says may lead out of the model's folder."""

import json
from dataclasses import dataclass

from platformctl_storage.exits import Code, Exit


@dataclass(frozen=True)
class Entry:
    """A file or folder.

    Args:
        path: Below the model's folder: `code/churn.py`.
        size: In bytes; None where the server does not tell.
    """

    path: str
    is_folder: bool
    size: int | None


def read(body: bytes, parent: str) -> list[Entry]:
    """What a server lists of a folder.

    Raises:
        Exit: It is no list of artifacts, or it names what is no file below that folder.
    """
    try:
        said = json.loads(body)
        listed = said.get("files", [])
        return [_entry(each, parent) for each in listed]
    except (AttributeError, TypeError, ValueError) as error:
        cause = "the server does not list artifacts as MLflow does"
        raise Exit(Code.SETTINGS, cause, "is MLFLOW_TRACKING_URI the address of an MLflow server?") from error


def _entry(told: dict[str, object], parent: str) -> Entry:
    name = told.get("path")
    if not isinstance(name, str) or not _is_a_name(name):
        cause = f"the server lists {name!r} in /{parent}, which is no name of a file there"
        raise Exit(Code.MODEL, cause, "log the model again; if it stays so, look at what is stored")
    return Entry(
        f"{parent}/{name}" if parent else name, bool(told.get("is_dir")), _size(told.get("file_size"))
    )


def _is_a_name(name: str) -> bool:
    return name not in {"", ".", ".."} and not set("/\\\0") & set(name)


def _size(told: object) -> int | None:
    """A size; protobuf's JSON writes 64-bit numbers as text."""
    return int(told) if isinstance(told, int | str) and str(told).isdecimal() else None
