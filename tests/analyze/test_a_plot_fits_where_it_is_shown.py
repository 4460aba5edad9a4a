"""Evidence over time, as characters."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.cli.plots import HEIGHT, plot
from tests.analyze.history import BEGAN

pytestmark = pytest.mark.quick


def _drawn(*values: float, width: int = 40) -> list[str]:
    series = [(BEGAN + timedelta(minutes=number), value) for number, value in enumerate(values)]
    return plot({"x": series}, [], width)


def test_a_plot() -> None:
    worse = [(BEGAN + timedelta(minutes=number), number / 10) for number in range(11)]
    good = [(BEGAN + timedelta(minutes=number), 0.5 - number / 10) for number in range(11)]
    shares = [(BEGAN, 1), (BEGAN + timedelta(minutes=4), 10), (BEGAN + timedelta(minutes=5), 50)]
    assert plot({"x": worse, "o": good}, shares, 42) == [
        "decides |                                x",
        "        |                          xxxxxx",
        "        |                   xxxxxxx",
        "        |ooo             xxx",
        "        |   oooooooxxxxxx",
        "        |   xxxxxxxoooooo",
        "      0 +---------------------------------",
        "         |1 %         |10 %",
        "         00:00:00             00:10:00 UTC",
    ]


def test_only_what_decides_stands_in_the_line_that_decides() -> None:
    assert "x" not in _drawn(0.0, 0.999)[0]
    assert _drawn(0.0, 1.0)[0].endswith("x")
    assert _drawn(0.0, 7.0)[0].endswith("x")


def test_what_says_nothing_is_not_drawn() -> None:
    assert "x" not in "".join(_drawn(0.0, 0.01, -5.0, 0.0))


def test_one_point_is_a_plot() -> None:
    assert _drawn(1.0)[0] == "decides |x"


def test_over_days_the_day_is_shown() -> None:
    series = [(BEGAN, 0.2), (BEGAN + timedelta(days=3), 0.4)]
    assert plot({"x": series}, [], 60)[-1].split() == ["01-01", "00:00", "01-04", "00:00", "UTC"]


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(-50, 50)), min_size=1, max_size=60),
    st.lists(st.tuples(st.floats(-1e5, 1e6), st.integers(1, 100)), max_size=10),
    st.integers(40, 200),
)
def test_whatever_it_shows_it_fits(
    points: list[tuple[float, float]], shares: list[tuple[float, int]], width: int
) -> None:
    series = [(BEGAN + timedelta(seconds=at), value) for at, value in sorted(points)]
    marks = [(BEGAN + timedelta(seconds=at), share) for at, share in sorted(shares)]
    lines = plot({"x": series, "o": series}, marks, width)
    assert max(map(len, lines)) <= width
    assert len(lines) in (HEIGHT + 2, HEIGHT + 3)
    assert "".join(lines).isascii()
    assert "*" not in lines[0] or max(value for _, value in points) >= 1
    assert "*" in lines[0] or series[-1][1] < 1
