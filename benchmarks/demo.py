"""How long `platformctl demo` takes, installed: the first time in an empty home, and once more in the same.

There is no peer: the bars are what a person waits for. Needs an otherwise quiet machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import Bar, report
from tests.ports import free_port

FIRST_BAR_S = 90.0
AGAIN_BAR_S = 60.0

_PLATFORMCTL = [sys.executable, "-m", "platformctl"]


def main() -> int:
    """Measure, print the table, and the bars as JSON; 1 if one does not hold."""
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        home = ["--home", str(Path(folder) / "home")]
        demo = [*_PLATFORMCTL, "demo", *home, "--port", str(free_port()), "--mlflow-port", str(free_port())]
        try:
            first, again = _seconds(demo), _seconds(demo)
        finally:
            _seconds([*_PLATFORMCTL, "down", "--purge", "--yes", *home])
    print(f"{'platformctl demo':20}{'s':>8}{'bar s':>8}")
    print(f"{'the first time':20}{first:8.1f}{FIRST_BAR_S:8.0f}")
    print(f"{'once more':20}{again:8.1f}{AGAIN_BAR_S:8.0f}")
    bars = [Bar("demo, the first time, s", first, FIRST_BAR_S), Bar("demo, once more, s", again, AGAIN_BAR_S)]
    return report("demo", bars)


def _seconds(command: Sequence[str]) -> float:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
