"""Examples copied out of the checkout, as their READMEs say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy(name: str, place: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / name, place / name))


def run(example: Path, module: str) -> Path:
    """What the first command of the README makes: the model's folder."""
    environment = {**os.environ, "PYTHONPATH": "src"}
    command = [sys.executable, "-m", module, "model"]
    done = subprocess.run(command, cwd=example, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return example / "model"
