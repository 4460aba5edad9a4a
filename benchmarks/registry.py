"""How long it takes from an alias to a parsed MLmodel, as a process of its own.

    python -m benchmarks.registry

A real MLflow server on this machine; processes with compiled bytecode, in turns, medians; on a
machine that is busy with other things the fastest says more. Four rows:

    bare      `python -c pass`: Python's own start
    mlmodel   alias → version, files, logged model and MLmodel, by the REST client
    nouns     what importing pydantic and our nouns takes, which every command that deploys needs anyway
    resolve   the whole of RestRegistry.resolve: the two together
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import Bar, report
from tests.mlflow_server import Server, log_churn_like_models, mlflow_server

ROUNDS = 25
BAR_MS = 100.0

_REST = "platformctl.adapters.registry.rest"
_MLMODEL = f"""
import sys
from platformctl.adapters.registry.resolving import resolve
from {_REST}.server import server_of
from {_REST}.source import RestSource
from {_REST}.transport import Transport
from platformctl.domain.version_ref import Alias
pinned = resolve(RestSource(Transport(server_of(sys.argv[1], {{}}))), "churn", Alias("champion"))
assert "sklearn" in pinned.mlmodel["flavors"]
"""
_RESOLVE = f"""
import sys
from {_REST}.registry import RestRegistry
from platformctl.domain.version_ref import Alias
assert RestRegistry(sys.argv[1], {{}}).resolve("churn", Alias("champion")).info.flavor == "sklearn"
"""
_NOUNS = "import platformctl.domain.revision"
PROGRAMS = {"bare": "pass", "mlmodel": _MLMODEL, "nouns": _NOUNS, "resolve": _RESOLVE}


def _seconds(program: str, uri: str) -> float:
    """One run, start and end of the process included."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program, uri], env=environ, check=True)
    return time.perf_counter() - started


def measure(server: Server) -> dict[str, list[float]]:
    """Seconds of each run by program; the first round, which compiles, does not count."""
    rounds = [
        {name: _seconds(program, server.uri) for name, program in PROGRAMS.items()} for _ in range(ROUNDS + 1)
    ]
    return {name: [each[name] for each in rounds[1:]] for name in PROGRAMS}


def main() -> int:
    """Print the table, and the bars as JSON on the last line; 1 if one does not hold."""
    with tempfile.TemporaryDirectory() as folder, mlflow_server(Path(folder)) as server:
        log_churn_like_models(server.uri, server.folder, "churn", "skops")
        server.call("POST", "/registered-models/alias", name="churn", alias="champion", version="1")
        runs = measure(server)
    seconds = {name: statistics.median(each) for name, each in runs.items()}
    print(f"{'ms':8} {'median':>8} {'beyond':>8} {'fastest':>8}")
    for name, median in seconds.items():
        beyond_bare = median - seconds["bare"]
        print(f"{name:8} {median * 1e3:8.0f} {beyond_bare * 1e3:+8.0f} {min(runs[name]) * 1e3:8.0f}")
    beyond = 1000 * (seconds["mlmodel"] - seconds["bare"])
    return report("registry", [Bar("from alias to MLmodel beyond Python's own start, ms", beyond, BAR_MS)])


if __name__ == "__main__":
    sys.exit(main())
