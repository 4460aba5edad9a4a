"""Builds the cluster's programs once, into a folder that is named by all that went into them."""

import fcntl
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.cluster import components, golang
from tests.cluster.components import Component
from tests.cluster.places import cache


def build(wanted: Iterable[Component] = components.COMPONENTS) -> dict[str, Path]:
    """The folders of components, by their names. What is not there yet is built, which takes minutes.

    Raises:
        subprocess.CalledProcessError: Something could not be built; the compiler's words went to stderr.
    """
    go = golang.find(cache())
    return {component.name: _built(component, go) for component in wanted}


def missing(wanted: Iterable[Component]) -> list[str]:
    """The names of components that `build` would build."""
    go = golang.find(cache())
    return [component.name for component in wanted if not _folder(component, go).exists()]


def _built(component: Component, go: golang.Go) -> Path:
    folder = _folder(component, go)
    if folder.exists():
        return folder
    with _alone(component.name) as lock:
        if not folder.exists():  # else another process has built it meanwhile
            _build_into(folder, component, replace(go, inherited=(lock,)))
    return folder


def _folder(component: Component, go: golang.Go) -> Path:
    return cache() / f"{component.name}-{_digest(component, go)}"


def _digest(component: Component, go: golang.Go) -> str:
    """Of every file in the module's folder, the flags, the versions and what is built."""
    module = components.GO / component.module
    parts = [repr(component), go.environment["GOFLAGS"].rpartition(" ")[0], go.version(module)]
    files = sorted(path for path in module.rglob("*") if path.is_file())
    parts += [f"{file.relative_to(module)}\n{file.read_text()}" for file in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@contextmanager
def _alone(name: str) -> Iterator[int]:
    """Let nobody else build the same at the same time.

    Yields:
        The open lock. A compiler outlives a builder that is killed: it writes on, so it has to hold this too.
    """
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _build_into(folder: Path, component: Component, go: golang.Go) -> None:
    started = time.monotonic()
    module = components.GO / component.module
    _say(f"{component.name}: building {', '.join(component.programs)}")
    for left in folder.parent.glob(f".{component.name}.*"):  # by one that was killed
        shutil.rmtree(left)
    temporary = Path(tempfile.mkdtemp(prefix=f".{component.name}.", dir=folder.parent))
    try:
        for name, package in component.programs.items():
            go.run(
                module, "build", f"-ldflags={_linked(component, go)}", "-o", str(temporary / name), package
            )
        for name, (dependency, path) in component.folders.items():
            _copy(go.folder(module, dependency) / path, temporary / name)
        temporary.chmod(0o755)
        temporary.rename(folder)
    except BaseException:  # Ctrl-C as well
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _say(f"{component.name}: built in {time.monotonic() - started:.0f} s")


def _copy(source: Path, target: Path) -> None:
    """As files that can be removed again: those of a module are read-only."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _linked(component: Component, go: golang.Go) -> str:
    flags = ["-s", "-w"]
    if component.stamped:
        version = go.pinned(components.GO / component.module, component.stamped)
        major, minor = version.removeprefix("v").split(".")[:2]
        flags += [
            f"-X {variable}={text.format(version=version, major=major, minor=minor)}"
            for variable, text in component.stamps.items()
        ]
    return " ".join(flags)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - minutes pass, and someone waits
