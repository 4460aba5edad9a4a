"""docker, podman and buildah: they build from the same Dockerfile and differ in a few words."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformctl.adapters.images import context, network
from platformctl.domain.errors import Refused, SpecError, Unreachable
from platformctl.domain.images import LABEL, Recipe

_ASKED_SECONDS = 20.0
_STDERR = 2


@dataclass(frozen=True)
class Dialect:
    """How a program is told.

    Args:
        works: Arguments that succeed where it can build.
        absent: What it means if they do not.
        inspect: Arguments that print the label of an image, which is the last one.
    """

    works: Sequence[str]
    absent: str
    inspect: Sequence[str]


_LABELS = f'{{{{index .Config.Labels "{LABEL}"}}}}'
_LABELS_OF_BUILDAH = f'{{{{index .OCIv1.Config.Labels "{LABEL}"}}}}'
_IMAGE_INSPECT = ("image", "inspect", "--format", _LABELS)

DIALECTS: Mapping[str, Dialect] = {
    "docker": Dialect(
        works=("version", "--format", "{{.Server.Version}}"),
        absent="its daemon does not answer",
        inspect=_IMAGE_INSPECT,
    ),
    "podman": Dialect(
        works=("info", "--format", "{{.Host.Arch}}"),
        absent="it cannot run containers here",
        inspect=_IMAGE_INSPECT,
    ),
    "buildah": Dialect(
        works=("images", "--quiet"),
        absent="it cannot keep images here",
        inspect=("inspect", "--type", "image", "--format", _LABELS_OF_BUILDAH),
    ),
}
"""In the order in which they are tried."""


@dataclass(frozen=True)
class Tool:
    """A program that builds images, as the port `ImageTool` wants it.

    Args:
        environ: Its environment: it chooses the daemon, the storage, the isolation.
    """

    name: str
    program: str
    environ: Mapping[str, str]

    def recipe(self, reference: str) -> str | None:
        """What the image's label says."""
        done = _asked([self.program, *DIALECTS[self.name].inspect, reference], self.environ)
        return (done.stdout.strip() or None) if done is not None and done.returncode == 0 else None

    def build(self, reference: str, recipe: Recipe) -> None:
        """Build from a context of its own, with the secrets of this machine's network."""
        with tempfile.TemporaryDirectory(prefix="platformctl-image-") as made:
            folder, hidden = Path(made, "context"), Path(made, "secrets")
            folder.mkdir()
            hidden.mkdir(mode=0o700)
            context.assemble(folder, recipe.files)
            command = [self.program, "build", "--file", str(folder / recipe.dockerfile), "--tag", reference]
            command += ["--label", f"{LABEL}={recipe.digest}", "--build-arg", f"BASE={recipe.base}"]
            for name, value in recipe.arguments.items():
                command += ["--build-arg", f"{name}={value}"]
            for name, file in network.secrets(self.environ, hidden):
                command += ["--secret", f"id={name},src={file}"]
            self._run([*command, str(folder)], f"build {reference}")

    def push(self, reference: str) -> None:
        """Push it by its name; who may is the tool's to know (docker login, podman login)."""
        self._run([self.program, "push", reference], f"push {reference}")

    def _run(self, command: Sequence[str], what: str) -> None:
        environ = {**self.environ, "DOCKER_BUILDKIT": "1"}  # the older builder knows no secrets
        ended = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=_STDERR, check=False
        ).returncode
        if ended != 0:
            raise Refused(
                f"{self.name} could not {what}: it ended with {ended}",
                hint="what it printed above says why; docs/images.md has the usual reasons",
            )


def choose(wanted: str | None, environ: Mapping[str, str]) -> Tool:
    """The program that was asked for, else the first that is there and works.

    Raises:
        SpecError: It is not installed; none is.
        Unreachable: It is installed and does not work.
    """
    names = [wanted] if wanted is not None else list(DIALECTS)
    troubles: list[str] = []
    for name in names:
        program = shutil.which(name, path=environ.get("PATH", os.defpath))
        if program is None:
            continue
        done = _asked([program, *DIALECTS[name].works], environ)
        if done is not None and done.returncode == 0:
            return Tool(name, program, environ)
        said = done.stderr.strip().splitlines() if done is not None else ["no answer in time"]
        troubles.append(f"{name}: {DIALECTS[name].absent} ({said[-1] if said else 'it does not say why'})")
    if troubles:
        raise Unreachable("; ".join(troubles), hint="start it, or install buildah, which needs no daemon")
    raise SpecError(
        f"{wanted} is not installed" if wanted else "there is no docker, podman or buildah on this machine",
        field="--tool",
        hint="install one of them: on Debian and Ubuntu, apt-get install buildah",
    )


def _asked(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str] | None:
    """Ask a program something that it answers at once; None if it does not."""
    try:
        return subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ASKED_SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
