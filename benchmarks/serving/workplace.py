"""What all sections share: options, folders, models, and how a section is shown."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

from benchmarks import Bar
from benchmarks.serving.measuring import Asked, Figures, note
from benchmarks.serving.servers import Failed
from benchmarks.serving.sides import Question, questions

_WIDTH = 34
_EXPORT_S = 600
_MADE_BY = (Path(__file__).parent / "train.py", Path(__file__).parents[2] / "platformctl/demo/churn.py")


@dataclass(frozen=True)
class Workplace:
    """Where and how long it is measured.

    Args:
        cache: Folder of what is made once: models, environments of peers.
        scratch: Folder of this run.
        core: The core of the servers.
        rounds: How often each server has its turn.
        seconds: How long a turn takes.
        minutes: How long the long load takes.
        peers: Whether other servers are measured too.
    """

    cache: Path
    scratch: Path
    core: int
    rounds: int = 5
    seconds: float = 4.0
    minutes: float = 10.0
    peers: bool = False

    def model(self, name: str) -> Path:
        """A model as MLflow saved it: `lr`, `rf` or `hgb`."""
        return _trained(self.cache) / name

    def exported(self, name: str) -> Path:
        """The same with an ONNX export, made in this run, whose gate passed."""
        return _exported(self.model(name), self.scratch / f"{name}-onnx")

    def questions(self, name: str) -> list[Question]:
        """Rows with the scores that this model gives them."""
        return questions(_trained(self.cache), name)


@dataclass
class Section:
    """What one section has to say: lines for people, and its bars."""

    lines: list[str] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)


def table(servers: Sequence[Asked], figures: Sequence[Figures]) -> list[str]:
    """A line a server; the first is what the others are compared with."""
    names = f"{'req/s':>8}{'x':>7}{'CPU us':>8}{'p50 ms':>8}{'p95':>8}{'p99':>8}{'MiB':>6}{'load busy':>11}"
    head = " " * _WIDTH + names
    return [head, *(_line(*pair, figures[0]) for pair in zip(servers, figures, strict=True))]


def _line(server: Asked, mine: Figures, first: Figures) -> str:
    return (
        f"{server.side.name:{_WIDTH}}{mine.rate:8.0f}{mine.rate / first.rate:7.1f}{mine.cpu_us:8.0f}"
        f"{mine.p50:8.2f}{mine.p95:8.2f}{mine.p99:8.2f}{server.server.resident_mib():6.0f}{mine.busy:11.0%}"
    )


@cache
def _trained(cache_folder: Path) -> Path:
    made_by = [path.read_bytes() for path in _MADE_BY]
    made_by += [version(name).encode() for name in ("mlflow", "scikit-learn", "skops")]
    folder = cache_folder / f"models-{hashlib.sha256(b'|'.join(made_by)).hexdigest()[:12]}"
    if not (folder / "rows.json").exists():
        note("fitting three models")
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        _python("-m", "benchmarks.serving.train", str(part))
        part.rename(folder)
    return folder


@cache
def _exported(model: Path, target: Path) -> Path:
    note(f"exporting {model.name} to ONNX, and comparing")
    shutil.rmtree(target, ignore_errors=True)
    _python("-m", "platformctl_predictors.export", str(model), "--out", str(target))
    return target


def _python(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=_EXPORT_S, check=False
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-500:]
        raise Failed(f"{' '.join(arguments)} ended with {done.returncode}: {said}")
