from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.metrics.histograms import NUMBERS, PROBABILITIES
from platformctl_predictors.serving.metrics.scores import MOST_PREDICTED, MOST_SCORED, Scores
from tests.serving.gate import Gated
from tests.serving.process import Server, serving, settings

pytestmark = pytest.mark.quick

ROW = {"age": 30, "income": 2.5, "plan": "basic", "active": True, "since": "2024-01-01"}


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "skops", Path(name), predictor={"kind": "auto", "output": "both"})
        with serving(content, Path(name)) as running:
            yield running


@pytest.fixture
def counted(server: Server) -> Gated:
    return Gated(server, Path("/nowhere"), "")


def test_warm_up_is_nobodys_request(server: Server) -> None:
    fresh = server.http.get("/metrics").text
    assert "warmed up with" in server.log.read_text()
    assert "platformctl_requests_total{" not in fresh
    assert "platformctl_score_bucket{" not in fresh


def test_scores_and_predicted_classes_are_counted_by_row(counted: Gated) -> None:
    young, old = ROW, {**ROW, "age": 55}
    assert counted.server.v1([young, old, old]).json()["predictions"] == [0, 1, 1]
    for label, rows in (("0", 1), ("1", 2)):
        assert counted.metric("platformctl_predicted_total", **{"class": label}) == rows
        assert counted.metric("platformctl_score_count", **{"class": label}) == 3
    high = counted.metric("platformctl_score_bucket", **{"class": "1", "le": "1.0"})
    low = counted.metric("platformctl_score_bucket", **{"class": "1", "le": "0.05"})
    assert (high, low) == (3, 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "body"),
        (b'{"rows": []}', "body"),
        (b'{"instances": [{}]}', "column"),
        (b'{"instances": [7]}', "row"),
        (b'{"instances": [{"age": "old", "income": 1, "plan": "", "active": true, "since": null}]}', "value"),
    ],
)
def test_a_callers_mistake_is_counted_by_what_was_wrong(counted: Gated, body: bytes, reason: str) -> None:
    assert counted.server.http.post("/v1/models/churn:predict", content=body).status_code == 400
    assert counted.metric("platformctl_invalid_total", reason=reason) == 1
    assert counted.metric("platformctl_invalid_total") == 1


def test_a_tensor_that_does_not_fit_is_counted_as_one(counted: Gated) -> None:
    wrong = counted.server.v2({"name": "age", "shape": [2], "datatype": "INT64", "data": [1]})
    assert wrong.status_code == 400
    assert counted.metric("platformctl_invalid_total", reason="tensor") == 1


def test_columns_that_nobody_knows_are_counted(counted: Gated) -> None:
    assert counted.server.v1([{**ROW, "shoe": 1, "hat": 2}, ROW]).status_code == 200
    assert counted.metric("platformctl_extra_columns_total") == 2


def test_what_serves_is_a_gauge(server: Server) -> None:
    about = server.http.get("/platformctl/about").json()
    lines = server.http.get("/metrics").text.splitlines()
    (line,) = [line for line in lines if line.startswith("platformctl_model_info{")]
    assert f'runtime="{about["runtime"]}"' in line
    assert 'flavor="sklearn"' in line
    assert f'version="{about["libraries"]["scikit-learn"]}"' in line
    assert line.endswith(" 1.0")


def test_each_name_is_documented(server: Server) -> None:
    contract = (Path(__file__).parents[2] / "docs" / "server-contract.md").read_text()
    text = server.http.get("/metrics").text
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE platformctl_")}
    assert len(names) >= 10
    assert {name for name in names if f"`{name}`" not in contract} == set()


def scored(*results: Result) -> Scores:
    scores = Scores()
    for result in results:
        scores.leave(result)
    scores.look()
    return scores


def test_a_regressors_predictions_are_scores_without_a_class() -> None:
    scores = scored(Result(np.array([-3.0, 0.0, 1e9, np.nan])), Result(np.array([0.004])))
    assert list(scores.histograms) == [None]
    counts = dict(scores.histograms[None].cumulative())
    assert (counts["-5.0"], counts["-2.0"], counts["0.0"], counts["0.005"], counts["+Inf"]) == (0, 1, 2, 3, 4)
    assert not scores.predicted


def test_probabilities_alone_are_scores_of_each_class() -> None:
    scores = scored(Result(np.array([[0.02, 0.98], [0.5, 0.5]]), classes=["no", "yes"]))
    assert dict(scores.histograms["yes"].cumulative())["0.5"] == 1
    assert dict(scores.histograms["no"].cumulative())["0.05"] == 1


def test_classes_beyond_those_shown_are_counted_together() -> None:
    many = MOST_PREDICTED + 50
    labels = [f"c{number}" for number in range(many)]
    scores = scored(Result(np.array(labels, dtype=object), np.full((many, many), 1 / many), labels))
    assert len(scores.predicted) == MOST_PREDICTED + 1
    assert scores.predicted["other"] == 50
    assert len(scores.histograms) == MOST_SCORED + 1
    assert dict(scores.histograms["other"].cumulative())["+Inf"] == many * (many - MOST_SCORED)


def test_results_of_any_shape_are_let_be() -> None:
    odd = [{"a": 1}, "text", np.array([[1.0, 2.0]]), np.array([None, "a"], dtype=object), None]
    scores = scored(*(Result(value) for value in odd), Result([1.0], [np.ones((1, 2))], [["a", "b"]]))
    assert scores.histograms == {}
    assert scores.predicted == {"None": 1, "a": 1}


def test_buckets_ascend() -> None:
    assert sorted(set(NUMBERS)) == list(NUMBERS)
    assert (PROBABILITIES[0], PROBABILITIES[-1], len(PROBABILITIES)) == (0.05, 1.0, 20)
