"""An environment is made that has the model's own scikit-learn, and what an export needs."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from platformctl.adapters.local import environments
from platformctl.cli.main import run

pytestmark = pytest.mark.full

OTHER = "1.7.2" if importlib.metadata.version("scikit-learn") != "1.7.2" else "1.7.1"

TRAIN = """
import sys, joblib, numpy as np
from sklearn.linear_model import LogisticRegression
rows = np.random.default_rng(0).normal(size=(200, 2))
joblib.dump(LogisticRegression().fit(rows, rows[:, 0] > 0), sys.argv[1])
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A bare model of the other version, with its requirements."""
    python, folder = tmp_path / "venv" / "bin" / "python", tmp_path / "model"
    folder.mkdir()
    (folder / "requirements.txt").write_text(f"scikit-learn=={OTHER}\n")
    for command in (
        [environments.uv(), "venv", "--quiet", "--python", sys.executable, str(tmp_path / "venv")],
        [environments.uv(), "pip", "install", "--quiet", "--python", str(python), f"scikit-learn=={OTHER}"],
        [str(python), "-c", TRAIN, str(folder / "model.joblib")],
    ):
        subprocess.run(command, check=True, timeout=240)
    return folder


def test_its_own_version_makes_the_export(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--path", str(model), "-o", str(tmp_path / "out"), "--home", str(tmp_path / "home")]
    code = run(["model", "onnx", *where, "--count", "200"])
    said = capsys.readouterr().err
    assert code == 0, said
    assert f"scikit-learn=={OTHER} (installed: " in said
    report = json.loads((tmp_path / "out" / "onnx" / "gate.json").read_text())
    assert report["versions"]["scikit-learn"] == OTHER
    assert report["verdict"] == "passed"
