"""A model's requirements.txt, line by line: which files it names, and what two of them have in common."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from platformctl.domain.errors import SpecError

# pip's and uv's rule: a comment starts at a '#' at the beginning or after white space.
_COMMENT = re.compile(r"(^|\s+)#.*$")

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_INCLUDED = re.compile(r"(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(?P<path>\S+)")
_ARCHIVE = re.compile(r"\.(whl|zip|tar\.gz|tar\.bz2)$")
_ELSEWHERE = re.compile(r"(-e|--editable|-f|--find-links)(\s|=)|.*file:|[./~]|.*@\s*[./~]")


def lines(text: str) -> Iterator[str]:
    """The requirement lines: joined where continued, without comments and blank lines."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = _COMMENT.sub("", line).strip()
        if bare:
            yield " ".join(bare.split())


def name(line: str) -> str:
    """The package that a line is about, as indexes spell it; "" for an option or a path."""
    match = _NAME.match(line)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""


def canonical(text: str) -> str:
    """The same for all files that want the same: sorted, each line once."""
    return "".join(f"{line}\n" for line in sorted(set(lines(text))))


def includes(text: str) -> Iterator[str]:
    """The paths of the other lists that it names, relative to its own folder."""
    named = (match["path"] for line in lines(text) if (match := _INCLUDED.fullmatch(line)))
    yield from (path for path in named if "://" not in path)


def archives(text: str) -> Iterator[str]:
    """The paths of the wheels and source archives that it names, relative to the model's folder.

    Raises:
        SpecError: It names a file or folder that is no part of the model.
    """
    for line in lines(text):
        path = line.partition(";")[0].strip()
        inside = not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
        if _ARCHIVE.search(path) and inside and not re.search(r"://|@|\s", path):
            yield path
        elif _ELSEWHERE.match(line) and "://" not in line.replace("file://", ""):
            raise SpecError(
                f"its requirements name what is not part of the model: {line}",
                field="requirements.txt",
                hint="log the model with a wheel in its folder, or with a package that an index has",
            )
