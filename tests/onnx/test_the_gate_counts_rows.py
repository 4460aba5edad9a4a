"""What differs, by how much, and what follows from it: pure."""

from typing import Any

import numpy as np
import pytest

from platformctl_predictors.export.answers import Answers, answers
from platformctl_predictors.export.comparing import compare, counts, worse, worst
from platformctl_predictors.formats.onnx_gate import Bounds, Counts, verdict

pytestmark = pytest.mark.quick

DEFAULT = Bounds()


def told(scores: list[Any], labels: list[Any] | None = None, taken: list[bool] | None = None) -> Answers:
    array = np.array(scores, dtype=float).reshape(len(scores), -1)
    named = None if labels is None else np.array(labels, dtype=object).reshape(len(labels), -1)
    return Answers(np.array(taken or [True] * len(scores)), named, array)


def found(expected: Answers, got: Answers, *, relative: bool = False) -> Counts:
    return counts(compare(expected, got, relative=relative), DEFAULT)


def test_equal_rows_are_within() -> None:
    same = told([0.1, 0.2], ["a", "b"])
    assert found(same, same) == Counts(rows=2, flips=0, within=2, beyond=0, unlike=0, max_difference=0.0)


def test_a_difference_a_flip_and_one_beyond_the_limit() -> None:
    counted = found(told([0.1, 0.2, 0.3], ["a", "b", "c"]), told([0.1 + 5e-6, 0.21, 0.4], ["a", "b", "x"]))
    assert (counted.rows, counted.flips, counted.within, counted.beyond) == (3, 1, 1, 1)
    assert counted.max_difference == pytest.approx(0.1)


def test_nan_against_a_number_is_infinitely_far() -> None:
    counted = found(told([0.1, np.nan]), told([np.nan, np.nan]))
    assert (counted.within, counted.beyond, counted.max_difference) == (1, 1, None)


def test_infinities_are_equal_to_themselves() -> None:
    assert found(told([np.inf, -np.inf]), told([np.inf, -np.inf])).within == 2


def test_another_shape_is_infinitely_far() -> None:
    assert found(told([[0.1, 0.9]]), told([[0.1]])).beyond == 1


def test_labels_of_one_side_only_are_flips() -> None:
    assert found(told([0.1], ["a"]), told([0.1])).flips == 1


def test_regressors_are_measured_by_their_spread() -> None:
    expected = told([1000.0, 3000.0])
    assert found(expected, told([1000.0, 3000.001]), relative=True).max_difference == pytest.approx(1e-6)
    assert found(told([7.0, 7.0]), told([7.0, 8.0]), relative=True).max_difference == 1.0


def test_refused_rows_are_not_compared_but_must_be_refused_by_both() -> None:
    both = found(told([0.1, 0.2], taken=[True, False]), told([0.1, 0.9], taken=[True, False]))
    one = found(told([0.1, 0.2], taken=[True, False]), told([0.1, 0.2]))
    assert (both.rows, both.unlike, both.beyond) == (1, 0, 0)
    assert (one.rows, one.unlike) == (1, 1)


def test_the_worst_come_first() -> None:
    expected, got = told([0.1, 0.2, 0.3], ["a", "b", "c"]), told([0.1, 0.5, 0.31], ["a", "b", "x"])
    comparison = compare(expected, got, relative=False)
    shown = worst(comparison, expected, got, lambda row: {"row": row}, DEFAULT)
    assert [(each.row, each.flipped) for each in shown] == [(2, True), (1, False)]
    assert shown[0].expected == {"label": "c", "scores": [0.3]}
    assert shown[1].values == {"row": 1}


def test_the_worse_of_two_comparisons() -> None:
    expected = told([0.1, 0.2])
    one = compare(expected, told([0.1, 0.3]), relative=False)
    other = compare(expected, told([0.4, 0.2]), relative=False)
    assert worse(one, other).differences == pytest.approx([0.3, 0.1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"rows": 0, "within": 0}, "no row was compared"),
        ({"flips": 1}, "1 of 1000 labels differ, 0 may"),
        ({"beyond": 2}, "2 of 1000 rows differ by more than 0.05"),
        ({"within": 999}, None),
        ({"within": 998}, "2 of 1000 rows differ by more than 1e-05; 0.100% may"),
        ({"unlike": 3}, "3 of 1000 rows are refused by one of the two and answered by the other"),
    ],
)
def test_the_verdict(change: dict[str, Any], said: str | None) -> None:
    good = {"rows": 1000, "flips": 0, "within": 1000, "beyond": 0, "unlike": 0, "max_difference": 0.0}
    assert verdict(Counts.model_validate({**good, **change}), DEFAULT) == said


def test_wider_bounds_let_more_pass() -> None:
    seen = Counts(rows=1000, flips=2, within=900, beyond=0, max_difference=0.01)
    assert verdict(seen, DEFAULT)
    assert verdict(seen, Bounds(flips=2, share=0.9)) is None


def test_refused_rows_are_found_one_by_one() -> None:
    def ask(rows: Any) -> Any:
        if any(row[0] == 13 for row in rows):
            raise ValueError("unlucky")
        return None, np.array([row[0] * 2.0 for row in rows])

    asked = answers(ask, [(number,) for number in range(20)], batch=8)
    assert np.flatnonzero(~asked.taken).tolist() == [13]
    assert asked.scores is not None
    assert [value for value in asked.scores[:, 0].tolist() if value == value] == [  # noqa: PLR0124 - NaN is not
        number * 2.0 for number in range(20) if number != 13
    ]
