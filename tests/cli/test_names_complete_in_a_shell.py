"""What a shell that completes a line is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in which three deployments are recorded."""
    recorded: dict[str, object] = {"churn": {}, "churn-eu": {}, "fraud": {}}
    (tmp_path / "state.json").write_text(json.dumps({"schemaVersion": 1, "deployments": recorded}))
    return tmp_path


def asked(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What bash is told about the last word, with the modules that were imported for it on stderr."""
    environ = {
        **os.environ,
        "PLATFORMCTL_HOME": str(home),
        "_PLATFORMCTL_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("platformctl", *words)),
        "COMP_CWORD": str(len(words)),
    }
    command = [sys.executable, "-X", "importtime", "-m", "platformctl"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True)


def completed(home: Path, *words: str) -> list[str]:
    """The completions of the last word."""
    return [line.partition(",")[2] for line in asked(home, *words).stdout.split()]


def test_verbs(home: Path) -> None:
    assert completed(home, "pr") == ["promote", "prune", "predict"]


def test_verbs_are_completed_without_importing_them(home: Path) -> None:
    assert "pydantic" not in asked(home, "pr").stderr


def test_options(home: Path) -> None:
    assert completed(home, "rollback", "--t") == ["--to", "--timeout", "--target"]


def test_names_of_deployments(home: Path) -> None:
    assert completed(home, "history", "chu") == ["churn", "churn-eu"]


def test_no_home_no_names(tmp_path: Path) -> None:
    assert completed(tmp_path / "nowhere", "history", "chu") == []


def test_a_broken_state_is_no_error_in_the_middle_of_a_line(home: Path) -> None:
    (home / "state.json").write_text("{")
    assert completed(home, "history", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "platformctl", "completion", shell], capture_output=True, text=True, check=True
    )
    assert f"_PLATFORMCTL_COMPLETE={shell}_complete" in done.stdout
