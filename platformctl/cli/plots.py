"""Evidence over time, as characters: it works in a pipe, without colour, and at 80 columns. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

HEIGHT = 6
"""Lines of evidence, the one that decides included."""

Series = Sequence[tuple[datetime, float]]
"""Parts of what decides, oldest first: 0 says nothing, 1 decides."""

_GUTTER = 9
_LEAST_WIDTH = 30
_BOTH = "*"


def plot(series: Mapping[str, Series], shares: Sequence[tuple[datetime, int]], width: int) -> list[str]:
    """Draw series over one time: a character each, and `*` where they meet.

    What is near 0, or below, is not drawn; what is above 1 stands where 1 does. Only what has reached 1
    stands in the line that decides.

    Args:
        series: By the character that draws them; each has a point at least.
        shares: From when on the new version had a share, in percent; those that find no room are left out.
        width: Characters a line, at most.
    """
    columns = max(width, _LEAST_WIDTH) - _GUTTER
    times = [at for points in series.values() for at, _ in points]
    first, last = min(times), max(times)
    rows = [[" "] * columns for _ in range(HEIGHT)]
    for mark, points in series.items():
        for column, value in enumerate(_resampled(points, first, last, columns)):
            level = _level(value)
            if level:
                row = rows[HEIGHT - level]
                row[column] = mark if row[column] in (" ", mark) else _BOTH
    labels = ["decides", *[""] * (HEIGHT - 1)]
    lines = [f"{label:>{_GUTTER - 2}} |{''.join(row)}" for label, row in zip(labels, rows, strict=True)]
    return [line.rstrip() for line in [*lines, *_axis(first, last, shares, columns)]]


def _level(value: float | None) -> int:
    """The line, counted from the one of 0."""
    if value is None:
        return 0
    return HEIGHT if value >= 1 else min(round(max(value, 0.0) * HEIGHT), HEIGHT - 1)


def _resampled(points: Series, first: datetime, last: datetime, columns: int) -> Sequence[float | None]:
    """A value a column: the last one by then; None: before the first, and after the end."""
    values: list[float | None] = [None] * columns
    for number, (at, value) in enumerate(points):
        begins = _column(at, first, last, columns)
        is_last = number + 1 == len(points)
        ends = begins + 1 if is_last else _column(points[number + 1][0], first, last, columns)
        for column in range(begins, max(ends, begins + 1)):
            values[column] = value
    return values


def _column(at: datetime, first: datetime, last: datetime, columns: int) -> int:
    return round((at - first) / (last - first) * (columns - 1)) if last > first else 0


def _axis(
    first: datetime, last: datetime, shares: Sequence[tuple[datetime, int]], columns: int
) -> Sequence[str]:
    """The line of 0, the shares, and the time."""
    steps = ""
    for at, share in shares:
        column = _column(min(max(at, first), last), first, last, columns)
        text = f"|{share} %"
        if column + len(text) <= columns and (not steps or column > len(steps)):
            steps = f"{steps:<{column}}{text}"
    form = "%H:%M:%S" if first.date() == last.date() else "%m-%d %H:%M"
    begins, ends = first.strftime(form), f"{last.strftime(form)} UTC"
    gutter = " " * _GUTTER
    lines = [f"{0:>{_GUTTER - 2}} +{'-' * columns}"]
    lines += [gutter + steps] if steps else []
    return [*lines, gutter + begins + ends.rjust(columns - len(begins))]
