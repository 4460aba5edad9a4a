"""Fill an environment with the model server. Runs in the build stage of the images; needs Python alone.

Without `predictors/model/requirements.txt`: what uv.lock says, each file held to its hash. With it: what
the model says, and of what it leaves open the versions of uv.lock wherever they fit.

    python3 predictors/image/install.py FOLDER [EXTRA,EXTRA] [PYTHON]

FOLDER is where the environment is made, EXTRA an extra of platformctl-predictors, PYTHON the version that
the base must have, as `3.11`.
"""  # noqa: INP001 - a script of the images, no part of a package

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SECRETS = Path("/run/secrets")
"""Where a build gets `network` (lines of NAME=VALUE: indexes, proxies) and `ca` (certificates, PEM)."""

SERVER, BUILD_PINS = Path("predictors"), Path("predictors/image/build.txt")
MODEL = SERVER / "model/requirements.txt"
WORKSPACE = ("transformers", "predictors")

_UV = Path("/opt/uv")
_PINS = Path("/tmp/requirements.txt")  # noqa: S108 - nobody else is in a build stage
_OURS = Path("/tmp/server.txt")  # noqa: S108 - as _PINS

_HAVE_TESTS = ("numpy", "pandas", "pyarrow", "scipy", "sklearn")
"""Their `tests` are a quarter of all files and imported by nobody: tests that are meant for others to use
(`numpy.testing`, `sklearn.utils._testing`) are elsewhere."""

_NOT_COMPILED = r"/site-packages/kubernetes/"
"""Thousands of modules, 50 MB compiled. kserve loads 36 of them; the final stage compiles those."""

_SAME = {
    "UV_DEFAULT_INDEX": ("UV_INDEX_URL", "PIP_INDEX_URL"),
    "UV_INDEX": ("UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
}


def main(folder: Path, extras: Sequence[str], python: str) -> None:
    """Make the environment.

    Raises:
        SystemExit: The base is of another Python, or something could not be installed.
    """
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if python and python != here:
        sys.exit(f"the base has Python {here}, and Python {python} is wanted: name another one, BASE=…")
    environ = _network(os.environ)
    uv = _install_uv(environ)

    def run(*arguments: str | Path, inside: Path = Path()) -> None:
        _run([uv, *arguments], environ, inside)

    into = ("pip", "install", "--quiet", "--no-deps", "--python", folder / "bin/python")
    run("venv", "--quiet", "--no-python-downloads", "--python", sys.executable, folder)
    run("export", "--quiet", "--frozen", *_of_the_lock(extras), "--output-file", _PINS)
    if MODEL.exists():
        _OURS.write_text("\n".join(_requirements(extras)))
        # Inside its folder: the wheels that a list names are beside it.
        run("pip", "compile", "--quiet", *_by_the_model(folder), "--output-file", _PINS, inside=MODEL.parent)
        run(*into, "--requirements", _PINS, inside=MODEL.parent)
    else:
        run(*into, "--require-hashes", "--requirements", _PINS)
    run(*into, "--build-constraints", BUILD_PINS, *(f"./{member}" for member in WORKSPACE))
    packages = next(folder.glob("lib/python3*/site-packages"))
    _trim(packages)
    _compile(folder, packages)


def _network(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables for uv and pip: those of the build, and what its secrets add."""
    found = {**environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_LINK_MODE": "copy"}
    settings, certificates = SECRETS / "network", SECRETS / "ca"
    if settings.is_file():
        lines = (line.partition("=") for line in settings.read_text().splitlines())
        found |= {name: value for name, equals, value in lines if equals}
    if certificates.is_file():
        found |= dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), str(certificates))
    for name, others in _SAME.items():  # an index that is meant for one of the two is meant for both
        value = next((found[key] for key in (name, *others) if key in found), None)
        if value is not None:
            found |= {name: value, others[-1]: value}
    return found


def _install_uv(environ: Mapping[str, str]) -> Path:
    """The version that uv.lock says, held to its hashes."""
    locked = next(package for package in _toml("uv.lock")["package"] if package["name"] == "uv")
    hashes = " ".join(f"--hash={wheel['hash']}" for wheel in locked["wheels"])
    pins = _PINS.with_name("uv.txt")
    pins.write_text(f"uv=={locked['version']} {hashes}\n")
    _run([sys.executable, "-m", "venv", _UV], environ)
    _run([_UV / "bin/pip", "install", "--quiet", "--require-hashes", "--requirement", pins], environ)
    return _UV / "bin/uv"


def _of_the_lock(extras: Sequence[str]) -> Iterator[str]:
    yield from ("--package", "platformctl-predictors", "--no-dev", "--no-emit-workspace")
    yield from (f"--extra={extra}" for extra in extras)


def _by_the_model(folder: Path) -> Iterator[str | Path]:
    """Versions that the output file holds already are kept where the inputs allow it."""
    yield from ("--python", folder / "bin/python", "--no-header", "--no-annotate")
    yield from ("--emit-index-url", "--emit-find-links", "--emit-build-options")
    yield from (MODEL.name, _OURS)


def _requirements(extras: Sequence[str]) -> Iterator[str]:
    """What the server needs, without its own packages."""
    for member in WORKSPACE:
        project = _toml(f"{member}/pyproject.toml")["project"]
        wanted = [project.get("optional-dependencies", {}).get(extra, []) for extra in extras]
        for line in (*project["dependencies"], *(line for lines in wanted for line in lines)):
            if not line.startswith("platformctl-"):
                yield line


def _toml(path: str) -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def _trim(packages: Path) -> None:
    for name in _HAVE_TESTS:
        for tests in sorted((packages / name).rglob("tests")):
            shutil.rmtree(tests, ignore_errors=True)


def _compile(folder: Path, packages: Path) -> None:
    """By hash, unchecked: the files of an image do not change, and a copy may change their times."""
    mode = ("--invalidation-mode", "unchecked-hash")
    compiling = (
        folder / "bin/python",
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        *mode,
        "-x",
        _NOT_COMPILED,
        packages,
    )
    subprocess.run(compiling, check=False)  # a template among the modules need not be Python


def _run(command: Sequence[str | Path], environ: Mapping[str, str], inside: Path = Path()) -> None:
    ended = subprocess.run(command, env=environ, cwd=inside, check=False)
    if ended.returncode != 0:
        sys.exit(f"{Path(command[0]).name} {command[1]} failed: its own words are above")


if __name__ == "__main__":
    _folder, _extras, _python = [*sys.argv[1:], "", ""][:3]
    main(Path(_folder), [extra for extra in _extras.split(",") if extra], _python)
