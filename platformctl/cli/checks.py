"""What `doctor` looks at; each check says how it is, and what to do."""

import importlib.util
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from platformctl.adapters.cluster.checking.check import Check as Found
from platformctl.adapters.envoy import binary
from platformctl.adapters.local import ports
from platformctl.adapters.local.stack import DEFAULT_MLFLOW_PORT, DEFAULT_PORT, StackStatus
from platformctl.cli.opening import tilde
from platformctl.domain import extras
from platformctl.domain.errors import NotFound, PlatformctlError
from platformctl.domain.observed import Scope, Severity
from platformctl.domain.settings import Settings
from platformctl.domain.version_ref import Newest
from platformctl.usecases import read
from platformctl.usecases.world import World

_GIB = 2**30
_LITTLE, _TOO_LITTLE = 5 * _GIB, _GIB
"""Bytes that should be free, and without which nothing can be deployed."""

_EXTRAS = {
    "local": (
        *("supervisor", "mlflow", "packaging", "psutil"),
        *("platformctl_predictors", "platformctl_transformers"),
    ),
    "cluster": ("kubernetes",),
}
_PYTHONS = (3, 11), (3, 13)
_NOBODY = "platformctl-doctor-asks-for-a-model-that-is-not-there"


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One line of `doctor`."""

    name: str
    state: State
    text: str
    hint: str = ""


def settings(found: Settings) -> Iterator[Check]:
    """What holds, and why."""
    chosen = found.context
    yield Check("context", State.OK, f"{chosen.value or 'none'} ({chosen.origin})")
    file = tilde(found.file) if found.file else "none found"
    yield Check("configuration", State.OK, file)
    yield Check("target", State.OK, f"{found.target.value} ({found.target.origin})")
    if found.target.value == "local":
        yield Check("home", State.OK, f"{tilde(found.home.value)} ({found.home.origin})")
        return
    kubeconfig, context, namespace = found.kubeconfig, found.kube_context, found.namespace
    file = tilde(kubeconfig.value) if kubeconfig.value else "as kubectl finds it"
    yield Check("kubeconfig", State.OK, f"{file} ({kubeconfig.origin})")
    yield Check("kube context", State.OK, f"{context.value or 'its current one'} ({context.origin})")
    yield Check(
        "namespace", State.OK, f"{namespace.value or 'the one of the kube context'} ({namespace.origin})"
    )
    yield Check("wanted mode", State.OK, f"{found.mode.value} ({found.mode.origin})")


def python() -> Check:
    """Whether it is one that is tested."""
    version = platform.python_version()
    if _PYTHONS[0] <= sys.version_info[:2] <= _PYTHONS[1]:
        return Check("python", State.OK, f"{version} ({tilde(Path(sys.executable))})")
    return Check("python", State.WARN, f"{version} is not one that is tested", "use Python 3.11 to 3.13")


def installed(name: str) -> Check:
    """Whether the packages of an extra are installed. Imports none of them."""
    absent = [package for package in _EXTRAS[name] if importlib.util.find_spec(package) is None]
    if absent:
        return Check(f"extra {name}", State.FAIL, f"missing: {', '.join(absent)}", extras.install(name))
    return Check(f"extra {name}", State.OK, "installed")


def installation() -> Iterator[Check]:
    """Python, the packages of the extra `local`, Envoy and uv."""
    yield python()
    yield installed("local")
    yield _envoy()
    yield _uv()


def _envoy() -> Check:
    try:
        program = binary.find()
        said = _version_of(program)
    except PlatformctlError as error:
        return Check("envoy", State.FAIL, str(error), error.hint or "")
    return Check("envoy", State.OK, said) if said else Check("envoy", State.FAIL, f"{program} does not run")


def _uv() -> Check:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        text = "not found: models that need an environment of their own cannot be deployed"
        return Check("uv", State.WARN, text, extras.install("local"))
    return Check("uv", State.OK, _version_of(Path(found)) or found)


def _version_of(program: Path) -> str:
    try:
        done = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode != 0:
        return ""
    words = " ".join(done.stdout.split()).removeprefix(f"{program} version: ")
    release = words.split("/")  # Envoy says commit/release/state/type/crypto
    return release[1] if len(release) > 1 and " " not in words else words


def stack(found: StackStatus, wanted: Settings) -> Iterator[Check]:
    """The parts of the local stack; whether its ports are free if it is down."""
    if found.is_up:
        pids = ", ".join(f"{part.name} (process {part.pid})" for part in found.parts)
        yield Check("stack", State.OK, f"up at {found.url}: {pids}")
        return
    down = ", ".join(part.name for part in found.parts if not part.runs)
    yield Check("stack", State.WARN, f"not up: {down}", "platformctl up")
    port = wanted.port.value or _port_of(found.url) or DEFAULT_PORT
    yield _port("--port", port)
    yield _port("--mlflow-port", _port_of(found.registry) or DEFAULT_MLFLOW_PORT)


def _port_of(url: str | None) -> int | None:
    return int(url.rpartition(":")[2]) if url else None


def _port(option: str, port: int) -> Check:
    try:
        ports.must_be_free(port, option)
    except PlatformctlError as error:
        return Check("port", State.WARN, error.message, error.hint or "")
    return Check("port", State.OK, f"{port} is free")


def registry(uri: str, origin: str, world: World) -> Check:
    """Whether it answers: it is asked for a model that nobody has."""
    started = time.perf_counter()
    try:
        world.registry.resolve(_NOBODY, Newest())
    except NotFound:
        pass
    except PlatformctlError as error:
        return Check("registry", State.FAIL, f"{uri} ({origin}): {error.message}", error.hint or "")
    milliseconds = 1000 * (time.perf_counter() - started)
    return Check("registry", State.OK, f"{uri} ({origin}) answered in {milliseconds:.0f} ms")


def cluster(made: Sequence[Found]) -> Iterator[Check]:
    """What the cluster is, and what it should be."""
    for found in made:
        state = State.OK if found.severity is None else _STATES[found.severity]
        yield Check(found.name, state, found.text, found.hint)


def recorded(world: World) -> Iterator[Check]:
    """Which deployments a cluster has. What is wrong with each is for `status`, which asks more."""
    found = read.deployments(world, Scope())
    for summary in found:
        if summary.problem:
            hint = f"platformctl status {summary.name}"
            yield Check(f"deployment {summary.name}", State.FAIL, summary.problem, hint)
    yield Check("deployments", State.OK, f"{len(found)}")


def disk(home: Path) -> Check:
    """Room for models and environments."""
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    text = f"{free / _GIB:.1f} GiB free in {tilde(there)}"
    if free >= _LITTLE:
        return Check("disk", State.OK, text)
    state = State.FAIL if free < _TOO_LITTLE else State.WARN
    return Check("disk", state, text, "free some space, or choose another folder with --home")


def deployments(world: World) -> Iterator[Check]:
    """What is wrong with, or left undone of, each deployment."""
    found = [read.status(world, summary.name) for summary in read.deployments(world, Scope())]
    for status in found:
        for problem in status.problems:
            state = _STATES[problem.severity]
            yield Check(f"deployment {status.name}", state, problem.message, problem.hint)
    well = sum(not status.problems for status in found)
    yield Check("deployments", State.OK, f"{well} of {len(found)} without problems")


_STATES = {Severity.ERROR: State.FAIL, Severity.WARNING: State.WARN, Severity.INFO: State.OK}


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks; one that cannot even be made is a failed one."""
    try:
        yield from checks()
    except PlatformctlError as error:
        yield Check(name, State.FAIL, str(error), error.hint or "")
