"""What may not serve does not, whoever says that it may; and the log says why."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx as onnx_library
import pytest

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.export import Asked, Bounds, export_model
from platformctl_predictors.export.source import read
from platformctl_predictors.export.trial import Graph, Subject, tried
from platformctl_predictors.formats.onnx import exported as usable
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.settings import FormatPredictor
from tests.onnx.conftest import Made
from tests.onnx.models import fitted, save

pytestmark = pytest.mark.quick

AUTO, ONNX = FormatPredictor(kind="auto"), FormatPredictor(kind="onnx")
NOTHING_MAY_DIFFER = Bounds(tolerance=0.0, share=1.0)


@pytest.fixture
def good(exported: Callable[[str], Made], tmp_path: Path) -> Path:
    """A folder of the test's own with an export that may serve."""
    return shutil.copytree(exported("forest")[1], tmp_path / "model")


def refused(folder: Path) -> str:
    """Why `kind: onnx` does not serve a folder that `auto` serves without ONNX."""
    assert pick(folder, AUTO).pick.runtime in {"fused", "pipeline"}
    with pytest.raises(Exit) as caught:
        pick(folder, ONNX)
    assert caught.value.code == Code.MODEL
    assert "platformctl model onnx" in caught.value.hint
    return caught.value.cause


def test_a_good_one_serves(good: Path) -> None:
    assert pick(good, AUTO).pick.runtime == pick(good, ONNX).pick.runtime == "onnx"


def test_a_failed_gate_leaves_a_report_and_no_export(tmp_path: Path) -> None:
    folder = save(tmp_path / "model", *fitted("forest"))
    report = export_model(folder, tmp_path / "out", Asked(count=200, bounds=NOTHING_MAY_DIFFER))
    assert report.verdict == "failed"
    assert [path.name for path in (tmp_path / "out" / "onnx").iterdir()] == ["gate.json"]
    assert (tmp_path / "out" / "model.pkl").read_bytes() == (folder / "model.pkl").read_bytes()
    assert report.worst
    assert set(report.worst[0].values) == {"age", "income", "ratio", "active", "plan", "region"}
    assert report.worst[0].expected != report.worst[0].got
    assert "its equality gate failed" in refused(tmp_path / "out")


def test_a_failed_gate_takes_the_export_away_that_was_there(good: Path) -> None:
    export_model(good, good, Asked(count=200, bounds=NOTHING_MAY_DIFFER))
    assert not (good / "onnx" / "model.onnx").exists()


def change(folder: Path, **fields: object) -> None:
    path = folder / "onnx" / "gate.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_the_figures_decide_and_not_the_verdict_that_is_written(good: Path) -> None:
    counts = json.loads((good / "onnx" / "gate.json").read_text())["counts"]
    change(good, counts={**counts, "flips": 1})
    assert "1 of" in refused(good)


def test_a_written_failure_stays_one(good: Path) -> None:
    change(good, verdict="failed", reason="somebody said so")
    assert "somebody said so" in refused(good)


def test_another_model_beside_it(good: Path) -> None:
    (good / "model.pkl").write_bytes((good / "model.pkl").read_bytes() + b" ")
    assert "is not the model that the gate compared" in refused(good)


def test_another_export_beside_it(good: Path) -> None:
    path = good / "onnx" / "model.onnx"
    path.write_bytes(path.read_bytes() + b"\n")
    assert "is not the export that the gate compared" in refused(good)


def test_an_export_without_a_report(good: Path) -> None:
    (good / "onnx" / "gate.json").unlink()
    assert "no gate has passed" in refused(good)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"schema_version": 2}', "[]"])
def test_a_report_that_is_none(good: Path, text: str) -> None:
    (good / "onnx" / "gate.json").write_text(text)
    assert "is no report of the gate" in refused(good)


def test_the_log_says_why_auto_does_not_take_it(good: Path, caplog: pytest.LogCaptureFixture) -> None:
    change(good, verdict="failed", reason="somebody said so")
    with caplog.at_level(logging.WARNING):
        assert usable(good, good / "model.pkl") is None
    assert "the ONNX export is not served: its equality gate failed: somebody said so" in caplog.text


def test_a_wrong_graph_is_seen(good: Path, tmp_path: Path) -> None:
    """The gate compares the graph that will serve: a leaf that is changed in it changes the figures."""
    model = onnx_library.load(good / "onnx" / "model.onnx")
    trees = next(node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier")
    weights = next(attribute for attribute in trees.attribute if attribute.name == "class_weights")
    weights.floats[0] += 0.4
    wrong = tmp_path / "wrong.onnx"
    onnx_library.save(model, wrong)
    subject = Subject.of(read(good, AUTO), None, 500, 1)
    right = tried(subject, Bounds(), Graph("mixed", good / "onnx" / "model.onnx", "index")).figures
    seen = tried(subject, Bounds(), Graph("mixed", wrong, "index")).figures
    assert right is not None
    assert seen is not None
    assert right.counts.beyond == 0
    assert seen.counts.beyond > 0
