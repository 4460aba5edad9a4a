"""Seeds are fixed, so the figures are the same on each machine."""

from pathlib import Path

import pytest

from benchmarks.judge import __main__ as judge

pytestmark = pytest.mark.quick

_PAGE = Path(__file__).parents[2] / "docs" / "judge.md"


def test_its_short_form_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    judge.main(["--runs", "200", "--looks", "40"])
    table = capsys.readouterr().out.partition("\n\n1,000 rollouts")[0]
    assert table in _PAGE.read_text(), "python -m benchmarks.judge --runs 200 --looks 40"
