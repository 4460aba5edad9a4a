"""Rows to compare on, made from what the model's steps and its input example say. Deterministic."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platformctl_predictors.export.refusals import UNKNOWN_NUMBER, UNKNOWN_TEXT, Row, changed, may_be_missing
from platformctl_predictors.export.source import Source
from platformctl_predictors.export.structure import Facts
from platformctl_predictors.formats.onnx_gate import Refusal

SEED = 20240607
LEAST = 10_000

_RARE = 0.02
"""The share of missing values, and of unknown categories, in a column that may have some."""

_USUAL, _NEAR = 0.8, 0.2
"""Shares: of numbers from the bell, the others are from the whole range; of those at a known bound."""

_EXTREME = 4.0
"""Standard deviations from the mean that count as the end of the trained range."""

_INTEGERS = {"long", "integer"}
_LARGEST = 2**31 - 1
_ODD_TEXTS = ("", "é 漢 🙂")

Random = np.random.Generator


@dataclass(frozen=True)
class _Column:
    """One column, and all that is known of it.

    Args:
        kind: MLflow's name of its type.
        facts: What the fitted steps know.
        refusal: What the model refuses.
        seen: The values of the input example.
        optional: Whether a value may be missing.
    """

    kind: str
    facts: Facts
    refusal: Refusal
    seen: tuple[Any, ...]
    optional: bool

    @property
    def categories(self) -> list[Any]:
        """The known ones, without those that stand for missing."""
        return [c for c in dict.fromkeys(self.facts.categories) if c is not None and c == c]  # noqa: PLR0124 - NaN

    @property
    def missing(self) -> Any:  # None or NaN
        """What a request's null is."""
        return math.nan if self.kind in {"double", "float"} else None

    @property
    def unknown(self) -> str | int:
        """A category that the model cannot know."""
        return UNKNOWN_TEXT if self.kind == "string" else UNKNOWN_NUMBER

    def fitting(self, value: float) -> float | int:
        """A number as a column of that type has it."""
        if self.kind in _INTEGERS:
            return int(min(max(round(value), -_LARGEST), _LARGEST))
        return value

    def range(self) -> tuple[float, float]:
        """The range that the model was trained in, as far as it is known."""
        points = list(self.facts.bounds)
        if self.facts.centers:
            center = float(np.mean(self.facts.centers))
            spread = max(self.facts.spreads, default=abs(center) / 2 or 1.0)
            points += [center - _EXTREME * spread, center + _EXTREME * spread]
        if not points:
            numbers = [float(x) for x in self.seen if isinstance(x, int | float) and math.isfinite(x)]
            points = [x + sign * (abs(x) + 1.0) for x in numbers for sign in (-1, 1)]
        return (min(points), max(points)) if points else (-_EXTREME, _EXTREME)


def usual(source: Source, facts: Sequence[Facts]) -> Row:
    """A row that the model should answer: in each column the middle of what was seen."""
    return tuple(_middle(column) for column in _columns(source, facts, {}))


def generated(
    source: Source, facts: Sequence[Facts], refuses: dict[int, Refusal], count: int, seed: int = SEED
) -> list[Row]:
    """The example, edges column by column, and `count` rows as they come in the field.

    Args:
        source: The model.
        facts: What is known of each column.
        refuses: What the model refuses: values of that kind are in a few rows, to see them refused.
        count: How many besides example and edges, some of which are refused.
        seed: Of the random numbers.
    """
    base = source.example[0] if source.example else usual(source, facts)
    columns = _columns(source, facts, refuses)
    rows = [*source.example, base]
    for index, column in enumerate(columns):
        rows += [changed(base, index, value) for value in _edges(column)]
    random = np.random.default_rng(seed)
    spread = [_spread(column, count, random) for column in columns]
    return rows + list(zip(*spread, strict=True))


def origins(facts: Sequence[Facts], source: Source) -> tuple[str, ...]:
    """What the values were taken from, for the report."""
    steps = sorted({step for known in facts for step in known.sources})
    return (*(["input example"] if source.example else []), *steps)


def _columns(source: Source, facts: Sequence[Facts], refuses: dict[int, Refusal]) -> list[_Column]:
    return [
        _Column(
            "double" if source.columns is None else source.columns[index].type,
            facts[index],
            refuses.get(index, Refusal()),
            tuple(row[index] for row in source.example),
            may_be_missing(source, index),
        )
        for index in range(source.width)
    ]


def _middle(column: _Column) -> Any:  # a value of any type
    if column.kind == "boolean":
        return False
    if column.categories or column.kind == "string":
        return column.categories[0] if column.categories else ""
    low, high = column.range()
    return column.fitting((low + high) / 2)


def _edges(column: _Column) -> list[Any]:
    """Values that are unlike the others: missing, unknown, extreme, whole."""
    edges: list[Any] = [None] if column.optional else []
    if column.kind == "string":
        return [*edges, *(c for c in column.categories if isinstance(c, str)), column.unknown, *_ODD_TEXTS]
    if column.kind == "boolean":
        return [*edges, True, False]
    if column.categories:
        return [*edges, *column.categories, column.unknown]
    low, high = column.range()
    middle = (low + high) / 2
    values = [low, high, middle, 0, 1, -1, float(round(middle)), *column.facts.bounds]
    return [*edges, *dict.fromkeys(column.fitting(value) for value in values)]


def _spread(column: _Column, count: int, random: Random) -> list[Any]:
    """Values as they come in the field: a few missing, and a few that are not known."""
    values = _values(column, count, random)
    if column.optional and not column.refusal.missing:
        for place in np.flatnonzero(random.random(count) < _RARE):
            values[place] = column.missing
    return values


def _values(column: _Column, count: int, random: Random) -> list[Any]:
    if column.kind == "boolean":
        return [bool(value) for value in random.integers(0, 2, count)]
    if column.kind == "string" or column.categories:
        return _chosen(column, count, random)
    return [column.fitting(value) for value in _numbers(column, count, random).tolist()]


def _chosen(column: _Column, count: int, random: Random) -> list[Any]:
    if column.refusal.allowed is not None:
        choices = list(column.refusal.allowed)
        return [choices[place] for place in random.integers(0, len(choices), count)]
    seen = [value for value in column.seen if value is not None and value == value]  # noqa: PLR0124 - NaN is not
    choices = list(dict.fromkeys([*column.categories, *seen])) or [""]
    values = [choices[place] for place in random.integers(0, len(choices), count)]
    for place in np.flatnonzero(random.random(count) < _RARE):
        values[place] = column.unknown
    return values


def _numbers(column: _Column, count: int, random: Random) -> Any:  # an array
    """A bell around the mean, the whole range, and values at known bounds; a part of them is rounded."""
    facts, (low, high) = column.facts, column.range()
    center = float(np.mean(facts.centers)) if facts.centers else (low + high) / 2
    spread = float(np.mean(facts.spreads)) if facts.spreads else (high - low) / _EXTREME
    bell = random.normal(center, spread or 1.0, count)
    values = np.where(random.random(count) < _USUAL, bell, random.uniform(low, high, count))
    if facts.bounds:
        near = random.choice(np.array(facts.bounds), count)
        values = np.where(random.random(count) < _NEAR, near, values)
    digits = random.integers(0, 4, count)
    for number in (0, 2):
        values = np.where(digits == number, np.round(values, number), values)
    return values
