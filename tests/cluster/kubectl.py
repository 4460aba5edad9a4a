"""kubectl: the one that was built with a cluster, or the one on PATH."""

import shutil
import subprocess
from pathlib import Path

from tests.cluster import build, components
from tests.cluster.processes import ClusterError


def run(kubeconfig: Path, *arguments: str, stdin: str | None = None, program: Path | None = None) -> str:
    """What it prints.

    Args:
        kubeconfig: Says which cluster is meant.
        arguments: Of kubectl.
        stdin: What it reads.
        program: Default: the one on PATH, else one that is built now.

    Raises:
        ClusterError: It failed.
    """
    command = [str(program or _program()), f"--kubeconfig={kubeconfig}", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"kubectl {' '.join(arguments)}: {done.stderr}{done.stdout}")
    return done.stdout


def _program() -> str:
    return shutil.which("kubectl") or str(build.build([components.API])[components.API.name] / "kubectl")
