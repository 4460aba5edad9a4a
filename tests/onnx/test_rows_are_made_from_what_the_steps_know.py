"""Generated rows: the same each time, in the trained range, with each odd value once at least."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platformctl_predictors.export import structure
from platformctl_predictors.export.refusals import UNKNOWN_TEXT
from platformctl_predictors.export.rows import generated, origins
from platformctl_predictors.export.source import Source, read
from platformctl_predictors.formats.onnx_gate import Refusal
from platformctl_predictors.settings import FormatPredictor
from tests.onnx.models import fitted, save

pytestmark = pytest.mark.quick

EXAMPLE = {"age": 33, "income": 12.5, "ratio": 0.1, "active": True, "plan": "gold", "region": "n"}


def source_of(folder: Path, name: str, **options: Any) -> tuple[Source, list[structure.Facts]]:
    source = read(save(folder / "model", *fitted(name), **options), FormatPredictor(kind="sklearn"))
    names = [str(column.name) for column in source.columns or ()]
    return source, structure.facts(source.estimator, names)


def test_what_is_known_of_each_column(tmp_path: Path) -> None:
    source, facts = source_of(tmp_path, "gaps")
    model, data = fitted("gaps")
    assert [sorted(set(each.sources)) for each in facts] == [["SimpleImputer", "StandardScaler"]] * 4 + [
        ["OneHotEncoder"]
    ] * 2
    assert facts[1].centers[0] == data["income"].median()
    assert facts[4].categories == ["basic", "plus", "pro"]
    assert facts[4].is_text
    assert source.method == "predict"
    assert model.n_features_in_ == source.width


def test_where_trees_split_is_known() -> None:
    model, data = fitted("forest")
    forest = model[-1].fit(data[["age", "income"]], data["plan"])
    (age, _) = structure.facts(forest, ["age", "income"])
    assert len(age.bounds) > 5
    assert 18 <= min(age.bounds) <= max(age.bounds) <= 90


def test_the_same_seed_gives_the_same_rows(tmp_path: Path) -> None:
    source, facts = source_of(tmp_path, "texts as classes")
    once, again, other = (generated(source, facts, {}, 200, seed=seed) for seed in (1, 1, 2))
    assert repr(once) == repr(again)
    assert repr(once) != repr(other)


def test_values_are_of_the_columns_types_and_range(tmp_path: Path) -> None:
    source, facts = source_of(tmp_path, "gaps")
    rows = generated(source, facts, {}, 1000)
    assert len(rows) >= 1000
    columns = list(zip(*rows, strict=True))
    assert {type(value) for value in columns[0]} == {int}
    assert {type(value) for value in columns[3]} == {bool}
    income = np.array(columns[1], dtype=float)
    assert np.isnan(income).any()
    assert np.nanmin(income) > -150
    assert np.nanmax(income) < 250
    assert {"basic", "plus", "pro", None, UNKNOWN_TEXT, ""} <= set(columns[4])


def test_refused_values_are_rare_and_there(tmp_path: Path) -> None:
    source, facts = source_of(tmp_path, "refuses")
    refuses = {1: Refusal(missing=True), 4: Refusal(missing=True, allowed=("basic", "plus", "pro"))}
    columns = list(zip(*generated(source, facts, refuses, 1000), strict=True))
    assert np.isnan(np.array(columns[1], dtype=float)).sum() == 1
    assert columns[4].count(UNKNOWN_TEXT) == 1


def test_the_input_example_comes_first(tmp_path: Path) -> None:
    source, facts = source_of(tmp_path, "texts as classes", example=[EXAMPLE])
    rows = generated(source, facts, {}, 100)
    assert rows[0] == tuple(EXAMPLE.values())
    assert "gold" in {row[4] for row in rows[60:]}
    assert origins(facts, source) == ("input example", "OneHotEncoder", "StandardScaler")
