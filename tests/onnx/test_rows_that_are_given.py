"""Rows from a file are read as a request's are."""

import json
from pathlib import Path
from typing import Any

import pytest

from platformctl_predictors.export import BadRows
from platformctl_predictors.export.given import read
from platformctl_predictors.export.source import Source
from platformctl_predictors.export.source import read as source_of
from platformctl_predictors.settings import FormatPredictor
from tests.onnx.models import fitted, save

pytestmark = pytest.mark.quick

ROWS: list[dict[str, Any]] = [
    {"age": 40, "income": 30.5, "ratio": 0.5, "active": True, "plan": "pro", "region": "n"},
    {"age": 41, "income": 3.0, "ratio": 1.0, "active": False, "plan": None, "region": "s"},
]
READ = [tuple(row.values()) for row in ROWS]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = save(tmp_path_factory.mktemp("given") / "model", *fitted("texts as classes"))
    return source_of(folder, FormatPredictor(kind="sklearn"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", json.dumps(ROWS)),
        ("rows.json", json.dumps({"instances": ROWS})),
        ("rows.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n"),
        ("rows.jsonl", "\n".join(json.dumps(list(row)) for row in READ)),
        (
            "rows.csv",
            "plan,age,income,ratio,active,region\npro,40,30.5,0.5,true,n\n,41,3,1,False,s\n",
        ),
    ],
)
def test_each_form(source: Source, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read(tmp_path / name, source) == READ


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("rows.jsonl", "{}\n{", "line 2 is not JSON"),
        ("rows.json", "[]", "has no rows"),
        ("rows.json", json.dumps([{**ROWS[0], "age": "old"}]), 'column "age", row 0'),
        ("rows.csv", "age\n1\n", "missing columns"),
        ("rows.csv", "age,income,ratio,active,plan,region\n40.5,1,1,true,pro,n\n", 'column "age", row 0'),
    ],
)
def test_what_does_not_fit_is_named(
    source: Source, tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadRows) as caught:
        read(tmp_path / name, source)
    assert complaint in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)


def test_a_file_that_is_not_there(source: Source, tmp_path: Path) -> None:
    with pytest.raises(BadRows, match="No such file"):
        read(tmp_path / "rows.json", source)
