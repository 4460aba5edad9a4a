import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_UV = str(Path(sys.executable).with_name("uv"))


def run(*command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with these variables beside ours; it says what went wrong on stdout or stderr."""
    environment = {**os.environ, **variables}
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False, timeout=280)


def install(folder: Path, wheels: Path, extra: str = "") -> Path:
    """Make an environment with our wheel in it, named by its file; answers its platformctl."""
    (wheel,) = wheels.glob("platformctl-*.whl")
    requirement = f"platformctl{extra} @ {wheel.as_uri()}"
    made = run(_UV, "venv", "--quiet", "--python", sys.executable, folder)
    assert made.returncode == 0, made.stderr
    python = folder / "bin" / "python"
    command = [_UV, "pip", "install", "--quiet", "--python", str(python), "--find-links", str(wheels)]
    done = run(*command, "--compile-bytecode", requirement)
    assert done.returncode == 0, done.stderr
    return folder / "bin" / "platformctl"


@pytest.fixture(scope="session", name="wheels")
def built_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of all three packages."""
    folder = tmp_path_factory.mktemp("wheels")
    command = [_UV, "build", "--quiet", "--all-packages", "--wheel", "--out-dir", str(folder), str(_ROOT)]
    built = run(*command)
    assert built.returncode == 0, built.stderr
    return folder
