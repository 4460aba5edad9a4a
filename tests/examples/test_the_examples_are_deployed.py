import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.examples.copies import copy, run
from tests.ports import free_port

pytestmark = pytest.mark.full


@dataclass(frozen=True)
class Here:
    """A stack of its own, and the folder in which a person types."""

    folder: Path

    def type(self, *words: str, given: str = "") -> str:
        """What platformctl prints."""
        environment = {**os.environ, "PLATFORMCTL_HOME": str(self.folder / "home")}
        command = [sys.executable, "-m", "platformctl", *words]
        done = subprocess.run(
            command,
            env=environment,
            cwd=self.folder,
            input=given,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def here() -> Iterator[Here]:
    with tempfile.TemporaryDirectory(prefix="pc-") as name:
        stack = Here(Path(name))
        try:
            stack.type("up", "--port", str(free_port()), "--no-registry")
            yield stack
        finally:
            stack.type("down", "--purge", "--yes")


def predictions(here: Here, name: str, rows: object) -> object:
    asked = here.type("predict", name, "--input", "-", "-o", "json", given=json.dumps(rows))
    return json.loads(asked)["answer"]["predictions"]


def test_the_predictor(here: Here) -> None:
    example = copy("custom-predictor", here.folder)
    run(example, "scorecard.make")
    here.type("deploy", "-f", str(example / "score.yaml"))
    assert predictions(here, "score", [{"income": 40000, "years": 3}]) == [595.0]


@pytest.mark.parametrize("placement", ["collocated", "separate"])
def test_the_transformer(here: Here, placement: str) -> None:
    folder = here.folder / placement
    folder.mkdir()
    example = copy("custom-transformer", folder)
    run(example, "customers.train")
    spec = example / "churn.yaml"
    spec.write_text(spec.read_text() + f"    placement: {placement}\n")
    here.type("deploy", "-f", str(spec))
    assert predictions(here, "churn", [{"calls": [20, 15], "plan": " Plus ", "months": 3}]) == ["leaves"]
