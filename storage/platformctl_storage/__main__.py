"""`python -m platformctl_storage SRC DEST`: download a model, as KServe's storage initializer is called."""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from platformctl_storage.download import download
from platformctl_storage.exits import Code, Exit, told
from platformctl_storage.server import Server
from platformctl_storage.settings import settings_of

_USAGE = "python -m platformctl_storage mlflow-artifacts:/PATH FOLDER [mlflow-artifacts:/PATH FOLDER]…"


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Download each source into its folder.

    Returns:
        The exit code; a non-zero one has been explained by one JSON line on stderr.
    """
    signal.signal(signal.SIGTERM, _stop)  # as PID 1 nothing would happen otherwise
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        for uri, folder in _pairs(given):
            _run(uri, Path(folder), environ)
    except Exit as end:
        return told(end)
    except Exception as error:  # noqa: BLE001 - whatever it is, one line says it
        cause = f"{type(error).__name__}: {error}"
        return told(Exit(Code.CRASH, cause, "this is a mistake in platformctl: report it"))
    return Code.DONE


def _pairs(arguments: Sequence[str]) -> list[tuple[str, str]]:
    if not arguments or len(arguments) % 2:
        cause = f"{len(arguments)} arguments are not pairs of source and folder"
        raise Exit(Code.SETTINGS, cause, _USAGE)
    return list(zip(arguments[::2], arguments[1::2], strict=True))


def _run(uri: str, folder: Path, environ: Mapping[str, str]) -> None:
    settings = settings_of(uri, environ)
    began = time.monotonic()
    files = download(Server(settings), f"{settings.artifacts}/{settings.path}", folder)
    megabytes = sum(entry.size or 0 for entry in files) / 1e6
    seconds = time.monotonic() - began
    said = f"{len(files)} files, {megabytes:.1f} MB, from {settings.server} in {seconds:.1f} s"
    sys.stderr.write(f"{uri}: {said}\n")


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """At once, whatever the threads do: another run goes on from here."""
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
