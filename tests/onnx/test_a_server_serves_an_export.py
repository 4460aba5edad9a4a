"""The server itself, over an export: what it says of itself, and what it answers."""

import shutil
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.onnx.conftest import Made
from tests.onnx.models import table
from tests.serving.process import run_to_end, serving, settings

pytestmark = pytest.mark.quick


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a unix socket."""
    with TemporaryDirectory(prefix="srv") as name:
        yield Path(name)


def test_it_says_so_and_answers_as_the_model_does(exported: Callable[[str], Made], folder: Path) -> None:
    model, made, _ = exported("gaps in a forest")
    rows = table(5, seed=3)
    content = settings(made, folder, predictor={"kind": "auto", "output": "both"})
    with serving(content, folder) as server:
        about = server.http.get("/platformctl/about").json()
        assert about["runtime"] == "onnx"
        assert "its gate passed" in about["why"]
        answer = server.v1([*rows.to_dict("records"), {**rows.to_dict("records")[0], "plan": None}])
        assert answer.status_code == 200, answer.text
        assert answer.json()["predictions"][:5] == model.predict(rows).tolist()
        expected = model.predict_proba(rows).ravel().tolist()
        assert list(chain.from_iterable(answer.json()["probabilities"][:5])) == pytest.approx(
            expected, abs=1e-6
        )


def test_a_missing_value_is_the_callers_mistake_and_an_unknown_category_the_models(
    exported: Callable[[str], Made], folder: Path
) -> None:
    _, made, _ = exported("refuses")
    row = table(1, seed=3).to_dict("records")[0]
    with serving(settings(made, folder, predictor={"kind": "onnx"}), folder) as server:
        answers = [
            server.v1([row]),
            server.v1([{**row, "plan": "flex"}]),
            server.v1([{**row, "income": None}]),
        ]
    assert [answer.status_code for answer in answers] == [200, 500, 400]
    assert "'flex' is a category that the model does not know" in answers[1].json()["error"]


def test_an_export_without_a_gate_ends_it(exported: Callable[[str], Made], folder: Path) -> None:
    copied = shutil.copytree(exported("refuses")[1], folder / "model")
    (copied / "onnx" / "gate.json").unlink()
    ended = run_to_end(settings(copied, folder, predictor={"kind": "onnx"}), folder)
    assert ended.code == 65
    assert "no gate has passed" in ended.lines[0]["cause"]
    assert "platformctl model onnx" in ended.lines[0]["hint"]
