"""Rows at the edges of what a column may hold: what a fused pipeline is compared on."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from platformctl_predictors.fused.sources import INTEGERS, Source

Row = tuple[Any, ...]

_TEXTS = ("", " ", "not known", "nan", "None", "é", "日本語", "\U0001f600", "a\0b", "A" * 300)
_FLOATS = (0.0, -0.0, 1.0, -1.0, 3, -7, 0.1, 1e-3, 5e-324, 2.2e-308, 1e16, 2.0**53 + 2, 1e300, -1e300)
_MAX = 1.7976931348623157e308
_SINGLES = (0.0, -0.0, 1.0, -1.0, 3, -7, 0.1, 1e-3, 1.5e-45, 16777217, 1e30, -1e30, 3.4e38, -3.4e38)
_LIMITS = {"integer": 2**31 - 1, "long": 2**63 - 1}
_MOST_KNOWN = 64
_MIXED = 96


def edge_rows(sources: Sequence[Source], base: Row) -> list[Row]:
    """Rows that differ from an ordinary one in one column each, and mixtures of such.

    Args:
        sources: The columns.
        base: An ordinary row.
    """
    dice = random.Random(0)  # noqa: S311 no secret; the same rows at each start
    edges = [list(_edges(source, dice)) for source in sources]
    rows = [base]
    for place, values in enumerate(edges):
        rows.extend((*base[:place], value, *base[place + 1 :]) for value in values)
    usual = [_usual(source, value, dice) for source, value in zip(sources, base, strict=True)]
    rows.extend(tuple(dice.choice(values) for values in usual) for _ in range(_MIXED))
    rows.extend(
        tuple(dice.choice([*values, base[p]]) for p, values in enumerate(edges)) for _ in range(_MIXED)
    )
    rows.extend(_whole_rows(sources, base))
    return rows


def _edges(source: Source, dice: random.Random) -> Iterator[Any]:
    """Values at the edge: missing, unknown, each known one, extremes."""
    yield from source.missing
    known = source.known
    yield from known if len(known) <= _MOST_KNOWN else dice.sample(known, _MOST_KNOWN)
    if source.kind == "string":
        yield from (text for text in _TEXTS if text not in known)
        yield from {value + " " for value in known[:2]} | {value.swapcase() for value in known[:2]}
    elif source.kind == "double":
        yield from (*_FLOATS, _MAX, -_MAX)
    elif source.kind == "float":
        yield from _SINGLES
    elif source.kind in INTEGERS:
        limit = _LIMITS[source.kind]
        yield from (0, 1, -1, 7, 2**24 + 1, limit, -limit - 1)
        if source.kind == "long":
            yield from (2**53 + 1, -(2**53) - 1)
    elif source.kind == "boolean":
        yield from (True, False)


def _usual(source: Source, ordinary: Any, dice: random.Random) -> list[Any]:
    """Values as they come every day."""
    if source.known:
        return (
            list(source.known) if len(source.known) <= _MOST_KNOWN else dice.sample(source.known, _MOST_KNOWN)
        )
    if source.kind in ("double", "float"):
        return [dice.gauss(0, 1) * 10.0 ** dice.randint(-3, 5) for _ in range(16)]
    if source.kind in INTEGERS:
        return [dice.randint(-100, 10_000) for _ in range(16)]
    return [True, False] if source.kind == "boolean" else [ordinary]


def _whole_rows(sources: Sequence[Source], base: Row) -> Iterator[Row]:
    """All columns at once: missing, zero, whole numbers where floats are expected."""
    yield tuple(s.missing[0] if s.missing else value for s, value in zip(sources, base, strict=True))
    for number in (0.0, -0.0, 2, 1e300):
        yield tuple(_everywhere(s, number, value) for s, value in zip(sources, base, strict=True))


def _everywhere(source: Source, number: float, ordinary: Any) -> Any:
    """The number, in a column of floats."""
    if source.kind not in ("double", "float"):
        return ordinary
    return min(number, 1e30) if source.kind == "float" else number
