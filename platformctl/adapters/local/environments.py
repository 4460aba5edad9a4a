"""Python environments for models whose requirements are not what is installed; made by uv."""

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from platformctl.adapters.local import requirements as reqs
from platformctl.adapters.local.disk import remove_abandoned, under_construction, writing
from platformctl.adapters.local.requirements import Needs
from platformctl.adapters.local.state import flock
from platformctl.domain import extras
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.requirements import lines
from platformctl.domain.revision import ByFormat, Revision

SERVERS = {
    "platformctl-predictors": "platformctl_predictors",
    "platformctl-transformers": "platformctl_transformers",
}
"""Distributions that every model server needs, and their import names."""

_BUILD_TIMEOUT = 1800.0
_SHOWN_LINES = 12


def needs_of(model: Path, revision: Revision) -> Needs:
    """What a revision needs whose model is in a folder, as far as that is there."""
    file = model / "requirements.txt"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    brings_its_own = any(line.lower().startswith("onnxruntime") for line in lines(text))  # such as -gpu
    extras = frozenset({"onnx"} if _is_onnx(model, revision) and not brings_its_own else ())
    return Needs(text, revision.model.info.python_version, extras)


def _is_onnx(model: Path, revision: Revision) -> bool:
    """Whether ONNX Runtime may serve it: its own format, one that is asked for, or an export beside it."""
    predictor = revision.predictor
    asked = isinstance(predictor, ByFormat) and predictor.format == "onnx"
    there = any((model / path).is_file() for path in ("model.onnx", "onnx/model.onnx"))
    return asked or there or revision.model.info.flavor == "onnx"


def interpreter(folder: Path, model: Path, needs: Needs, say: Callable[[str], None]) -> Path:
    """The Python that serves the model: this one, or one from an environment of the model's own.

    Args:
        folder: Where environments are, by digest.
        model: The model's folder; its requirements.txt may name other files in it.
        needs: What the model says it needs.
        say: Told that an environment is being made, which takes a while.

    Raises:
        SpecError: Its Python is not on this machine.
        Refused: uv could not make the environment.
    """
    different = reqs.differences(needs)
    if not different:
        return Path(sys.executable)
    final = folder / digest(model, needs)
    if not final.is_dir():
        base = find_python(needs.python_minor)
        with flock(folder / f"{final.name}.lock", _BUILD_TIMEOUT):
            if not final.is_dir():
                say(f"making a Python environment: {', '.join(different)}")
                _build(final, base, model, _server_requirements(needs.extras))
    return final / "bin" / "python"


def digest(model: Path, needs: Needs) -> str:
    """Name an environment by all that decides what is in it."""
    named_files = sorted(model.glob("*.txt")) if _names_files(needs) else []
    content = {
        "requirements": sorted(lines(needs.requirements)),
        "files": [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in named_files],
        "python": needs.python_minor,
        "machine": platform.machine(),
        "servers": _server_requirements(needs.extras),
        "source": _source_digest(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def find_python(minor: str) -> str:
    """The path of an installed Python of that minor version. Downloads nothing.

    Raises:
        SpecError: There is none, or the model servers do not run on it.
    """
    if minor == reqs.THIS_PYTHON:
        return sys.executable
    served = importlib.metadata.metadata("platformctl-predictors")["Requires-Python"]
    if not SpecifierSet(served).contains(f"{minor}.99"):
        raise SpecError(
            f"the model was made with Python {minor}; the model servers run on {served}",
            field="spec.model",
            hint=f"log the model again with Python {reqs.THIS_PYTHON}",
        )
    found = _run([uv(), "python", "find", "--no-python-downloads", "--system", minor])
    if found.returncode == 0:
        return found.stdout.strip()
    of_pyenv = _pyenv(minor)
    if of_pyenv is None:
        raise SpecError(
            f"the model was made with Python {minor}, which is not on this machine; "
            f"found: {', '.join(_pythons())}",
            field="spec.model",
            hint=f"uv python install {minor}; or log the model again with Python {reqs.THIS_PYTHON}",
        )
    return str(of_pyenv)


def _pyenv(minor: str) -> Path | None:
    """One that pyenv keeps; uv finds only the one that is active there."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return max(root.glob(f"versions/{minor}.*/bin/python"), default=None)


def uv() -> str:
    """The path of uv.

    Raises:
        SpecError: It is not installed.
    """
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if found is None:
        raise SpecError("uv is not installed", hint=extras.install("local"))
    return found


def _build(final: Path, base: str, model: Path, servers: Sequence[str]) -> None:
    remove_abandoned(final.parent)
    with writing("a Python environment", final.parent), under_construction(final) as building:
        _uv("venv", "--quiet", "--relocatable", "--python", base, "--allow-existing", str(building))
        python = building / "bin" / "python"
        requirements = model / "requirements.txt"
        named = ["--requirements", str(requirements)] if requirements.is_file() else []
        _uv("pip", "install", "--quiet", "--python", str(python), *named, *servers)
        _copy_servers(next((building / "lib").glob("python*")) / "site-packages")


def _copy_servers(site_packages: Path) -> None:
    for package in SERVERS.values():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_source(package), site_packages / package, ignore=ignored)


def _source(package: str) -> Path:
    """The folder of an installed package; found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SpecError(f"{package} is not installed", hint=extras.install("local"))
    return Path(spec.submodule_search_locations[0])


def _server_requirements(extras: Collection[str] = ()) -> list[str]:
    """What the servers say they need, with these extras and without each other."""
    found = set()
    for distribution in SERVERS:
        for line in importlib.metadata.requires(distribution) or []:
            requirement = Requirement(line)
            wanted = any(
                requirement.marker is None or requirement.marker.evaluate({"extra": extra})
                for extra in ("", *extras)
            )
            if wanted and requirement.name not in SERVERS:
                if "extra" in str(requirement.marker):
                    requirement.marker = None  # it holds, and uv would skip a line of an extra
                found.add(str(requirement))
    return sorted(found)


def _source_digest() -> str:
    total = hashlib.sha256()
    for package in SERVERS.values():
        for path in sorted(_source(package).rglob("*.py")):
            total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def _names_files(needs: Needs) -> bool:
    return any(line.startswith("-") for line in lines(needs.requirements))


def _pythons() -> Sequence[str]:
    """The versions that are here; the one that runs this may be where uv does not look."""
    this = platform.python_version()
    listed = _run([uv(), "python", "list", "--only-installed", "--output-format", "json"])
    try:
        return sorted({this, *(entry["version"] for entry in json.loads(listed.stdout))})
    except (ValueError, KeyError, TypeError):
        return [this]


def _uv(*arguments: str) -> None:
    done = _run([uv(), *arguments])
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise Refused(
            "the model's Python environment could not be made:\n" + "\n".join(said[-_SHOWN_LINES:]),
            hint="see the model's requirements.txt; the model servers need: "
            + ", ".join(_server_requirements()),
        )


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run uv. Its registries and proxies are the user's to configure, by its own variables."""
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )
