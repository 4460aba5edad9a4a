"""`python -m benchmarks.cli`: how long whole processes of the command line take.

Beside them stands Python's own start, measured in the same rounds; the machine's speed is in both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import Bar, report
from tests.ports import free_port

ROUNDS = 15
_PLATFORMCTL = [sys.executable, "-m", "platformctl"]
_SPEC = """\
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {name: churn}
spec: {model: {path: model}}
"""
_TRAIN = """
import sys, joblib
from sklearn.linear_model import LogisticRegression
joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), sys.argv[1])
"""


@dataclass(frozen=True)
class Case:
    """A command, and its bar in seconds; None: it is there to compare with."""

    name: str
    command: Sequence[str]
    bar: float | None = None


CASES = (
    Case("python -c pass", [sys.executable, "-c", "pass"]),
    Case("platformctl --help", [*_PLATFORMCTL, "--help"], bar=0.120),
    Case("platformctl status churn", [*_PLATFORMCTL, "status", "churn"], bar=0.350),
)


@contextmanager
def stack() -> Iterator[Mapping[str, str]]:
    """The environment of a stack of its own, with one live deployment."""
    with tempfile.TemporaryDirectory(prefix="platformctl-bench-") as name:
        folder = Path(name)
        environ = {**os.environ, "PLATFORMCTL_HOME": str(folder / "home")}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        (folder / "model").mkdir()
        (folder / "churn.yaml").write_text(_SPEC)
        _run([sys.executable, "-c", _TRAIN, str(folder / "model" / "model.joblib")], environ)
        _run([*_PLATFORMCTL, "up", "--no-registry", "--port", str(free_port())], environ)
        try:
            _run([*_PLATFORMCTL, "deploy", "-f", str(folder / "churn.yaml")], environ)
            yield environ
        finally:
            _run([*_PLATFORMCTL, "down", "--purge", "--yes"], environ)


def _run(command: Sequence[str], environ: Mapping[str, str]) -> float:
    """Run a command to its end; the seconds that took."""
    started = time.perf_counter()
    done = subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return seconds


def measure(environ: Mapping[str, str]) -> Mapping[str, float]:
    """The median of each case in seconds. In rounds: what slows the machine slows all of them."""
    seconds: dict[str, list[float]] = {case.name: [] for case in CASES}
    for case in CASES:  # compiles what has not been compiled yet
        _run(case.command, environ)
    for _ in range(ROUNDS):
        for case in CASES:
            seconds[case.name].append(_run(case.command, environ))
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def main() -> int:
    """Measure, print the table, and the bars as JSON; 1 if one does not hold."""
    with stack() as environ:
        medians = measure(environ)
    bare = medians[CASES[0].name]
    print(f"{'median of ' + str(ROUNDS):28}{'ms':>8}{'beyond Python':>16}{'bar ms':>9}")
    for case in CASES:
        taken = medians[case.name]
        bar = f"{1000 * case.bar:.0f}" if case.bar else ""
        print(f"{case.name:28}{1000 * taken:8.0f}{1000 * (taken - bare):16.0f}{bar:>9}")
    bars = [Bar(f"{c.name}, ms", 1000 * medians[c.name], 1000 * c.bar) for c in CASES if c.bar is not None]
    return report("cli", bars)


if __name__ == "__main__":
    sys.exit(main())
