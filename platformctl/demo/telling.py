"""Tell the story: print each command as a person would type it, and run exactly that."""

import json
import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformctl.demo import ours, processes, story
from platformctl.demo.story import Step
from platformctl.demo.trained import Trained
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.rollout import Rollout

_WIDTH = 80
_CONTEXT = """\
# Written by `platformctl demo`: in this folder each command means the demo's stack.
context = "demo"

[contexts.demo]
target = "local"
home = {home}
"""


class StepFailed(Exception):
    """A command of the story ended as it should not have. It has said why.

    Args:
        command: As it was typed.
        code: Its exit code.
    """

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"`{command}` ended with {code}")
        self.code = code


@dataclass(frozen=True)
class Addresses:
    """Where the stack answers: the deployments' stable address, and the registry."""

    router: str
    registry: str


@dataclass(frozen=True)
class Stage:
    """Where the story is told.

    Args:
        home: The local target's folder.
        make_home: Makes that folder, if it is not there yet.
        environ: The environment of whoever asked for the demo.
        style: How a command line is shown.
        rollout: Reads what is recorded of the deployment; the stack need not be up.
        addresses: Asks the stack, once it is up.
    """

    home: Path
    make_home: Callable[[], None]
    environ: Mapping[str, str]
    style: Callable[[str], str]
    rollout: Callable[[], Rollout]
    addresses: Callable[[], Addresses]

    @property
    def folder(self) -> Path:
        """The demo's own files, and the folder in which its commands run."""
        return self.home / "demo"


def tell(stage: Stage, ports: Sequence[str]) -> None:
    """Tell all of it.

    Args:
        stage: Where.
        ports: Options of `up`.

    Raises:
        Refused: Something of a person's own is in the way; it was not touched.
        SpecError: The home is a folder with a person's own files.
        StepFailed: A command failed.
        KeyboardInterrupt: A person pressed Ctrl-C; no process of ours is left.
    """
    record = ours.Record(stage.folder)
    ours.refuse_strangers(stage.rollout(), record.read())
    _furnish(stage)
    setup = _setup(stage.environ)
    for line in (*setup, f"cd {shlex.quote(str(stage.folder))}"):
        _print(stage.style(f"$ {line}"))
    with _training(stage) as training:
        _play(stage, story.stack(ports))
        training.log_to(stage.addresses().registry)
        versions = _versions(training, record)
        if ours.is_there(stage.rollout()):
            _play(stage, story.clearing())
        _play_all(stage, story.first(next(versions)))
        _play_all(stage, story.second(next(versions)))
        last = next(versions)
        (stage.folder / story.CAREFUL).write_text(story.careful(last.version), "utf-8")
        _play_all(stage, story.third(last))
    addresses = stage.addresses()
    _print("", *story.ending(stage.folder, addresses.router, addresses.registry, setup))


def _furnish(stage: Stage) -> None:
    """Make the folder, and the file by which its commands mean this home and nothing else."""
    stage.make_home()
    stage.folder.mkdir(mode=0o700, exist_ok=True)
    (stage.folder / "platformctl.toml").write_text(_context(stage.home), "utf-8")


def _context(home: Path) -> str:
    """The file's text. A string of JSON is one of TOML too."""
    return _CONTEXT.format(home=json.dumps(str(home), ensure_ascii=False))


def _setup(environ: Mapping[str, str]) -> list[str]:
    """What a person's shell needs before these commands mean there what they mean here."""
    misleading = sorted(filter(processes.misleads, environ))
    unset = [f"unset {' '.join(misleading)}"] if misleading else []
    if shutil.which("platformctl", path=environ.get("PATH")):
        return unset
    beside = shlex.quote(str(Path(sys.executable).parent))
    return [*unset, f"export PATH={beside}:$PATH"]


@contextmanager
def _training(stage: Stage) -> Iterator[processes.Training]:
    training = processes.Training(stage.folder, processes.environment(stage.environ))
    try:
        yield training
    finally:
        training.stop()


def _versions(training: processes.Training, record: ours.Record) -> Iterator[Trained]:
    """Each version once it is in the registry, recorded as the demo's before it can be deployed."""
    while True:
        trained = training.version()
        record.add(trained)
        yield trained


def _play_all(stage: Stage, steps: Sequence[Step]) -> None:
    for step in steps:
        _play(stage, step)


def _play(stage: Stage, step: Step) -> None:
    """Say what comes, print the command, and run it.

    Raises:
        StepFailed: It ended as it should not have.
    """
    typed = shlex.join(("platformctl", *step.command))
    _print("", *textwrap.wrap(step.text, _WIDTH), stage.style(f"$ {typed}"))
    code = processes.run(step.command, stage.folder, processes.environment(stage.environ))
    if code not in step.ends:
        raise StepFailed(typed, code)


def _print(*lines: str) -> None:
    """Print at once: the commands write to the same streams."""
    sys.stdout.write("".join(f"{line}{os.linesep}" for line in lines))
    sys.stdout.flush()


def failed(error: StepFailed) -> PlatformctlError:
    """The error that ends the demo."""
    return PlatformctlError(
        f"{error}; the demo stops here",
        hint="the stack is as that command left it: platformctl doctor says how it is, platformctl demo "
        "starts over, platformctl down stops it",
    )
