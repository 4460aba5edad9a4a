"""The program: its exit codes, and the one line that says which step or file is in the way."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler, TargetEncoder

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.export import Unexportable, export_model, gate
from platformctl_predictors.formats.onnx_session import open_session
from tests.onnx.conftest import Made
from tests.onnx.models import columns, save, table, target

pytestmark = pytest.mark.quick


def saved(folder: Path, model: Any) -> Path:
    data = table()
    return save(folder, model.fit(data, target(data)), data)


def test_the_step_without_a_converter_is_named(tmp_path: Path) -> None:
    encoder = make_column_transformer((StandardScaler(), ["age"]), (TargetEncoder(), ["plan"]))
    stranger = make_pipeline(encoder, _Stranger())
    with pytest.raises(Unexportable, match="no converter for _stranger → _Stranger"):
        gate(saved(tmp_path / "model", stranger))


class _Stranger(LogisticRegression):  # type: ignore[misc]  # scikit-learn ships no types
    """Not scikit-learn's own."""


def test_a_step_that_cannot_be_converted_is_named(tmp_path: Path) -> None:
    logarithm = make_column_transformer((FunctionTransformer(np.log1p), ["age"]))
    with pytest.raises(Unexportable, match="FunctionTransformer is not supported"):
        gate(saved(tmp_path / "model", make_pipeline(logarithm, LogisticRegression())))


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    with pytest.raises(FileExistsError):
        export_model(tmp_path, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "platformctl_predictors.export", *arguments],
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return dict(json.loads(done.stderr.splitlines()[-1]))


def test_the_program_prints_the_report(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", make_pipeline(columns(), LogisticRegression()))
    done = run(str(folder), "--out", str(tmp_path / "out"), "--count", "200")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report == json.loads((tmp_path / "out" / "onnx" / "gate.json").read_text())
    assert (report["verdict"], report["precision"]) == ("passed", "double")
    assert {tried["precision"] for tried in report["tried"]} == {"single", "mixed", "double"}
    assert report["rows"]["seed"] is not None
    assert set(report["versions"]) >= {"python", "scikit-learn", "skl2onnx", "onnx", "onnxruntime"}


def test_another_flavour_is_65(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {onnx: {data: model.onnx}}\n")
    done = run(str(tmp_path), "--out", str(tmp_path / "out"))
    assert done.returncode == Code.MODEL
    assert "it is an ONNX model already" in last_line(done)["cause"]


def test_wrong_arguments_are_64(tmp_path: Path) -> None:
    done = run(str(tmp_path))
    assert done.returncode == Code.SETTINGS
    assert "--out" in last_line(done)["cause"]


def test_a_corrupt_graph_is_65(exported: Callable[[str], Made], tmp_path: Path) -> None:
    _, folder, _ = exported("forest")
    path = Path(shutil.copyfile(folder / "onnx" / "model.onnx", tmp_path / "model.onnx"))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(Exit, match="cannot be loaded") as caught:
        open_session(path, gpu=0)
    assert caught.value.code == Code.MODEL


def test_a_gpu_that_is_not_there_is_66(exported: Callable[[str], Made]) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    _, folder, _ = exported("forest")
    with pytest.raises(Exit) as caught:
        open_session(folder / "onnx" / "model.onnx", gpu=1)
    assert caught.value.code == Code.LIBRARY
    assert "CPUExecutionProvider, not CUDAExecutionProvider" in caught.value.cause
    assert "resources.gpu: 0" in caught.value.hint
