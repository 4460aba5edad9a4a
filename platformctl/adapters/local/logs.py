"""The ends of log files, in one stream."""

import heapq
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from platformctl.adapters.local.failures import is_start

_BYTES_A_LINE = 400
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?")


def tail(path: Path, count: int) -> list[str]:
    """The last lines of a log, oldest first; of the rotated file too, if the log is young."""
    lines = _end_of(path, count)
    rotated = path.with_name(f"{path.name}.1")
    if len(lines) < count and rotated.is_file():
        lines = [*_end_of(rotated, count - len(lines)), *lines]
    return lines[-count:] if count else []


def merged(paths: Sequence[Path], count: int) -> list[str]:
    """The last lines of several logs, by the times that they begin with.

    A line without a time goes with the one before it. Lines of several replicas say whose they are.
    """
    numbered = len(paths) > 1
    streams = [_stamped(path, count, f"[{path.stem}] " if numbered else "") for path in paths]
    return [line for _, line in heapq.merge(*streams, key=lambda pair: pair[0])][-count:] if count else []


def _stamped(path: Path, count: int, prefix: str) -> Iterator[tuple[str, str]]:
    last = ""
    for line in tail(path, count):
        found = _STAMP.search(line[:40])
        last = max(last, found[0].replace("T", " ").replace(",", ".")) if found else last
        if not is_start(line):
            yield last, prefix + line


def _end_of(path: Path, count: int) -> list[str]:
    """Read backwards in growing steps, so that a long log costs no more than what is asked for."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            step = count * _BYTES_A_LINE
            while True:
                file.seek(max(0, size - step))
                content = file.read(size - max(0, size - step))
                if content.count(b"\n") > count or step >= size:
                    return content.decode(errors="replace").splitlines()[-count:] if count else []
                step *= 4
    except FileNotFoundError:
        return []
