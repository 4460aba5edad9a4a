"""What a model's image has to hold: read from the files that it was logged with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platformctl.domain import requirements
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.images import PYTHONS
from platformctl.domain.revision import ModelVersion
from platformctl.ports import Registry

_FILE, _EXPORT, _MLMODEL = "requirements.txt", "onnx/gate.json", "MLmodel"

_DEBIAN = {"lightgbm": "libgomp1"}
"""Debian packages that a flavour's wheels need and do not bring."""

_WITHOUT_MLFLOW = ("sklearn", "onnx")
"""Flavours that the servers load themselves. mlflow, which each model asks for, has 350 MB."""

_MLFLOW = ("mlflow", "mlflow-skinny")


@dataclass(frozen=True)
class Needs:
    """What a model needs.

    Args:
        python: The Python that it was made with, as `3.11`: pickles and wheels go by that.
        extras: Of platformctl-predictors.
        packages: Of Debian, separated by blanks.
        files: Its requirements.txt, in a form that models with the same ones share, and what that names.
        left_out: Lines of its requirements.txt that nothing here imports.
    """

    python: str
    extras: Sequence[str]
    packages: str
    files: Mapping[str, bytes]
    left_out: Sequence[str]


def needs_of(registry: Registry, version: ModelVersion, extras: Sequence[str]) -> Needs:
    """Read what a version needs. `extras` are wanted in any case.

    Raises:
        SpecError: It does not say, or what it says cannot be in an image.
    """
    if not _has(registry, version, _FILE):
        raise SpecError(
            f"{version.label} has no {_FILE}: there is nothing that an image of its own would hold",
            field="NAME",
            hint="platformctl image build makes the stock images",
        )
    files = _files(registry, version)
    lines = list(requirements.lines(files[_FILE].decode()))
    left_out = _needless(lines, version, extras)
    kept = [line for line in lines if line not in left_out]
    kept += _unsaid(registry, version, kept)
    is_onnx = version.info.flavor == "onnx" or _has(registry, version, _EXPORT)
    return Needs(
        python=_python(version),
        extras=sorted({*extras, *(["onnx"] if is_onnx else [])}),
        packages=_DEBIAN.get(version.info.flavor or "", ""),
        files={**files, _FILE: requirements.canonical("\n".join(kept)).encode()},
        left_out=left_out,
    )


def _python(version: ModelVersion) -> str:
    said = version.info.python_version
    if said is None:
        return PYTHONS[0]
    minor = ".".join(said.split(".")[:2])
    if minor not in PYTHONS:
        raise SpecError(
            f"{version.label} was made with Python {minor}; the model servers run on {', '.join(PYTHONS)}",
            field="NAME",
            hint=f"log the model again with Python {PYTHONS[-1]}",
        )
    return minor


def _needless(lines: Sequence[str], version: ModelVersion, extras: Sequence[str]) -> Sequence[str]:
    if version.info.flavor not in _WITHOUT_MLFLOW or "pyfunc" in extras:
        return ()
    return [line for line in lines if requirements.name(line) in _MLFLOW]


def _unsaid(registry: Registry, version: ModelVersion, lines: Sequence[str]) -> Sequence[str]:
    """skops, where the model was saved by it: mlflow does not ask for it if a person says what to ask for."""
    mlmodel = registry.read(version, _MLMODEL) if version.info.has_mlmodel else b""
    named = {requirements.name(line) for line in lines}
    return ["skops"] if b"skops" in mlmodel and "skops" not in named else []


def _files(registry: Registry, version: ModelVersion) -> Mapping[str, bytes]:
    """Its list of requirements, the lists that it names, and the wheels that any of them names."""
    found: dict[str, bytes] = {}
    wanted = [_FILE]
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        text = registry.read(version, path).decode("utf-8", errors="replace")
        found[path] = requirements.canonical(text).encode()
        folder = path.rpartition("/")[0]
        wanted += [f"{folder}/{name}".lstrip("/") for name in requirements.includes(text)]
        found |= {name: registry.read(version, name) for name in requirements.archives(text)}
    return found


def _has(registry: Registry, version: ModelVersion, path: str) -> bool:
    try:
        registry.read(version, path)
    except NotFound:
        return False
    return True
