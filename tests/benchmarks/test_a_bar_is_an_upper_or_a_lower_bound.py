import json

import pytest

from benchmarks import Bar, report

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("value", "at_least", "holds"),
    [(1.0, False, True), (1.1, False, False), (1.0, True, True), (0.9, True, False)],
)
def test_a_bar_holds(value: float, at_least: bool, holds: bool) -> None:  # noqa: FBT001 a case
    assert Bar("x", value, 1.0, at_least=at_least).holds is holds


def test_the_report_is_one_line_and_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("x", [Bar("a", 1.0, 2.0), Bar("b, at least", 1.0, 2.0, at_least=True)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "benchmark": "x",
        "bars": [
            {"name": "a", "value": 1.0, "bar": 2.0, "holds": True},
            {"name": "b, at least", "value": 1.0, "bar": 2.0, "holds": False},
        ],
    }
