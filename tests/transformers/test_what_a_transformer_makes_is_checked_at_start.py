import asyncio
import logging
from pathlib import Path

import pytest

from platformctl_predictors.exits import Exit
from platformctl_predictors.formats import custom
from platformctl_predictors.inputs.signature import Column, Columns
from platformctl_predictors.settings import UserClass
from tests.serving.process import run_to_end, serving, settings

pytestmark = pytest.mark.quick

ASSETS = str(Path(__file__).parent / "assets")
CHURN = Columns(
    (
        Column("age", "long"),
        Column("income", "double"),
        Column("plan", "string"),
        Column("active", "boolean"),
        Column("since", "datetime"),
    )
)


def by_class(name: str) -> dict[str, str]:
    return {"class": f"prepare:{name}", "path": ASSETS}


def check(name: str, signature: Columns | None = CHURN) -> None:
    made = custom.make(UserClass(**by_class(name)), "transformer", "churn", Path())
    asyncio.run(custom.check_transformer(made, f"prepare:{name}", signature))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("LacksAColumn", 'the predictor refuses what preprocess makes of it: row 0: missing column "plan"'),
        ("WrongType", "column \"age\", row 0: 'old' is not long: a whole number is expected"),
        ("Awaits", "column \"age\", row 0: 'old' is not long: a whole number is expected"),
        ("Fails", "preprocess raised InvalidInput: born is missing"),
    ],
)
def test_what_the_predictor_would_refuse_ends_the_start(name: str, problem: str) -> None:
    with pytest.raises(Exit) as caught:
        check(name)
    assert caught.value.code == 65
    assert caught.value.cause.startswith(f"transformer.class prepare:{name}: with its own input_example, ")
    assert problem in caught.value.cause


@pytest.mark.parametrize("name", ["Fits", "InTensors"])
def test_what_fits_is_said(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        check(name)
    assert [record.message for record in caplog.records] == [
        f"transformer.class prepare:{name}: what it makes of its input_example fits the predictor"
    ]


def test_what_cannot_be_checked_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        check("Unsure")
        check("Fits", None)
        check("OnlyAfter")
    told = [record.message.partition("is not checked: ")[2] for record in caplog.records]
    assert told == [
        "it has no input_example; as an attribute of the class it is a list of rows as callers send them",
        "the predictor does not say what it takes",
    ]


def test_the_process_ends_before_it_is_ready(models: Path, folder: Path) -> None:
    ended = run_to_end(settings(models / "skops", folder, transformer=by_class("WrongType")), folder)
    assert (ended.code, len(ended.lines)) == (65, 1)
    assert "prepare:WrongType" in ended.lines[0]["cause"]


def test_one_that_fits_serves(models: Path, folder: Path) -> None:
    with serving(settings(models / "skops", folder, transformer=by_class("Fits")), folder) as server:
        assert server.v1([{"born": 1960}, {"born": 2000}]).json() == {"predictions": [1, 0]}
        wrong = server.v1([{"born": 1960.5}])
        assert wrong.status_code == 400
        assert wrong.json()["error"].startswith(
            'after the transformer: column "age", row 0: 63.5 is not long'
        )
