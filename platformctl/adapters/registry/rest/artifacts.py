"""The files of a version, by MLflow's artifact proxy (`mlflow-artifacts:`)."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from platformctl.adapters.registry import files
from platformctl.adapters.registry.rest import answers
from platformctl.adapters.registry.rest.transport import Request, Transport
from platformctl.domain.errors import Refused, Unreachable

SCHEME = "mlflow-artifacts"
_PROXY = "/api/2.0/mlflow-artifacts/artifacts"
_DEPTH = 32


def is_proxied(uri: str) -> bool:
    """Whether the registry's own server hands out these files (a URI may name another one)."""
    parts = urlsplit(uri)
    return parts.scheme == SCHEME and not parts.netloc


def fetch(transport: Transport, uri: str, folder: Path) -> None:
    """Copy all files below `uri` into `folder`.

    Raises:
        Refused: There are none, a name would leave the folder, or the disk is full.
        Unreachable: The server does not answer, or a file ended early.
    """
    root = urlsplit(uri).path.strip("/")
    listed = list(_below(transport, root, "", _DEPTH))
    if not listed:
        raise Refused(
            f"there are no files in {uri}",
            hint="they were deleted: register the model again, or choose another",
        )
    for path, size in listed:
        _save(transport, f"{root}/{path}", folder / files.inside(path), size)


def _below(transport: Transport, root: str, path: str, depth: int) -> Iterator[tuple[str, int | None]]:
    """The files below `path`, relative to `root`, with their sizes where they are told."""
    request = Request(_PROXY, {"path": f"{root}/{path}" if path else root})
    [reply] = transport.send(request, until=transport.deadline())
    listed = answers.document(reply, transport.server).get("files", [])
    for entry in listed if isinstance(listed, list) else []:
        name = str(files.inside(str(entry.get("path", ""))))
        below = f"{path}/{name}" if path else name
        if not entry.get("is_dir"):
            yield below, _size(entry.get("file_size"))
        elif depth:
            yield from _below(transport, root, below, depth - 1)
        else:
            raise Refused(f"the artifacts are nested more than {_DEPTH} folders deep, at {below}")


def _size(told: object) -> int | None:
    """A size; protobuf's JSON writes 64-bit numbers as text."""
    return int(told) if isinstance(told, int | str) and str(told).isdecimal() else None


def _save(transport: Transport, remote: str, place: Path, size: int | None) -> None:
    with files.writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            reply = transport.save(Request(f"{_PROXY}/{quote(remote)}"), file)
            written = file.tell()
    answers.body(reply, transport.server)
    if size is not None and written != size:
        raise Unreachable(
            f"{transport.server.uri} sent {written} of the {size} bytes of {remote}",
            hint="try again; if it stays so, the stored file is damaged",
        )
