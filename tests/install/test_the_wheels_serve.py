"""What a person gets from the registries, and not from a checkout, serves a model."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import joblib
import pytest
from sklearn.dummy import DummyClassifier

from tests.install.conftest import install, run
from tests.ports import free_port

pytestmark = pytest.mark.full

SPEC = """
metadata: {name: answer}
spec: {model: {path: model}}
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        yield Path(folder, "home")


def test_a_folder_with_a_model_is_served_by_what_the_wheels_hold(
    wheels: Path, home: Path, tmp_path: Path
) -> None:
    program = install(tmp_path / "venv", wheels, "[local]")
    (tmp_path / "model").mkdir()
    model = DummyClassifier(strategy="constant", constant=42).fit([[0.0]], [42])
    joblib.dump(model, tmp_path / "model" / "model.joblib")
    (tmp_path / "answer.yaml").write_text(SPEC)
    (tmp_path / "rows.json").write_text(json.dumps([[1.0]]))
    here = {"PLATFORMCTL_HOME": str(home)}
    try:
        up = run(program, "up", "--port", str(free_port()), "--no-registry", **here)
        assert up.returncode == 0, up.stderr
        deployed = run(program, "deploy", "-f", str(tmp_path / "answer.yaml"), **here)
        assert deployed.returncode == 0, deployed.stderr
        rows = str(tmp_path / "rows.json")
        asked = run(program, "predict", "answer", "--input", rows, "-o", "json", **here)
        assert json.loads(asked.stdout)["answer"] == {"predictions": [42]}, asked.stderr
    finally:
        down = run(program, "down", "--purge", "--yes", **here)
    assert down.returncode == 0, down.stderr
    assert not home.exists()
