"""Rows of JSON through a plan. Pure.

One row of 24 columns costs 2 to 4 µs: the values are taken in one call, and a row whose types need no
cast, a pattern that is remembered, is done.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from platformctl_transformers.casts import CASTS, UNCHANGED, Refused, shown
from platformctl_transformers.plan import ANY, Plan, Source

Row = Mapping[str, Any]
Steps = tuple[tuple[int, Callable[[object], object]], ...]

_MEMO = 1024
"""Patterns of types that are remembered; a caller could send any number of them."""


class BadRow(ValueError):
    """The caller's mistake; the message names the caller's column, and the row.

    Args:
        message: For the caller.
        kind: `body`, `row`, `column`, `value` or `tensor`: what is wrong.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


def to_row(plan: Plan) -> "Rows | Callable[[Any, int], Any]":
    """The function from a caller's row and its number to the predictor's row.

    It raises BadRow where the row does not fit.
    """
    return Rows(plan.sources, by_position=plan.by_position) if plan.sources is not None else _whatever(plan)


class Rows:
    """Rows of known columns.

    Args:
        sources: A column each.
        by_position: Give lists instead of objects.
    """

    def __init__(self, sources: Sequence[Source], *, by_position: bool) -> None:
        self._sources = tuple(sources)
        self._names = tuple(source.name for source in sources)
        self._by_position = by_position
        self._values = _getter([source.caller for source in sources])
        self._filled = any(source.default is not None for source in sources)
        self._cast = any(source.cast for source in sources)
        self._steps: dict[tuple[type, ...], Steps] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The predictor's columns, in the order in which they go on."""
        return self._names

    def __call__(self, row: Any, number: int) -> Any:
        """One row.

        Raises:
            BadRow: It is no object, lacks a column, or a value cannot be cast.
        """
        values = self._quickly(row, number)
        if values is None:
            return self._slowly(row, number)
        return list(values) if self._by_position else dict(zip(self._names, values, strict=True))

    def lists(self, rows: Sequence[Any]) -> list[list[Any]] | None:
        """All rows as lists, in the order of `names`; None where one lacks a column that may be absent.

        Raises:
            BadRow: A value cannot be cast.
        """
        made = []
        for number, row in enumerate(rows):
            values = self._quickly(row, number)
            if values is None:
                return None
            made.append(list(values))
        return made

    def _quickly(self, row: Any, number: int) -> Sequence[Any] | None:
        """The values of a row that lacks nothing; None: look at it column by column."""
        try:
            values = self._values(row)
        except (KeyError, TypeError):
            return None
        if self._filled and None in values:
            return None
        if not self._cast:
            return values
        kinds = tuple(map(type, values))
        steps = self._steps.get(kinds)
        if steps is None:
            steps = self._remember(kinds)
        return self._run(steps, list(values), number) if steps else values

    @property
    def describe(self) -> str:
        """What a caller has to send."""
        shown_columns = (
            f"{source.caller}: {source.type}{'' if source.required else '?'}"
            for source in self._sources
            if source.caller is not None
        )
        return "the transformer expects " + ", ".join(shown_columns)

    def _remember(self, kinds: tuple[type, ...]) -> Steps:
        steps = tuple(
            (index, CASTS[source.cast])
            for index, source in enumerate(self._sources)
            if source.cast and kinds[index] not in UNCHANGED[source.cast]
        )
        if len(self._steps) < _MEMO:
            self._steps[kinds] = steps
        return steps

    def _run(self, steps: Steps, values: list[Any], number: int) -> list[Any]:
        for index, convert in steps:
            try:
                values[index] = convert(values[index])
            except Refused as error:
                raise refusal(self._sources[index], number, values[index], error) from error
        return values

    def _slowly(self, row: Any, number: int) -> Any:
        """A row that lacks a column, or holds a null that a default replaces."""
        if not isinstance(row, dict):
            raise not_an_object(row, number, self.describe)
        missing = [str(s.caller) for s in self._sources if s.required and s.caller not in row]
        if missing:
            raise self._missing(missing, number)
        values = {}
        for source in self._sources:
            value = row.get(source.caller)
            if value is not None:
                values[source.name] = cast(source, number, value)
            elif source.default is not None or source.caller in row or self._by_position:
                values[source.name] = source.default
        return list(values.values()) if self._by_position else values

    def _missing(self, names: Sequence[str], number: int) -> BadRow:
        shown_names = ", ".join(f'"{name}"' for name in names)
        return BadRow(
            f"row {number}: missing column{'s' if len(names) > 1 else ''} {shown_names}; {self.describe}",
            "column",
        )


def cast(source: Source, number: int, value: object) -> object:
    """A value as the source's cast has it.

    Raises:
        BadRow: It cannot be cast.
    """
    if source.cast is None:
        return value
    try:
        return CASTS[source.cast](value)
    except Refused as error:
        raise refusal(source, number, value, error) from error


def not_an_object(row: object, number: int, expected: str) -> BadRow:
    """The complaint about a row without names."""
    kind = "list" if isinstance(row, list) else "value"
    return BadRow(f"row {number} is a {kind}; names are needed: an object a row; {expected}", "row")


def refusal(source: Source, number: int, value: object, error: Refused) -> BadRow:
    """The complaint about a value that cannot be cast."""
    return BadRow(
        f'column "{source.caller}", row {number}: {shown(value)} is not {source.cast}: {error}', "value"
    )


def _getter(callers: Sequence[str | None]) -> Callable[[Any], tuple[Any, ...]]:
    """All values of a row, or KeyError."""
    if None in callers:
        return _lacking
    if len(callers) == 1:
        (name,) = callers
        return lambda row: (row[name],)
    return itemgetter(*callers)


def _lacking(_row: Any) -> tuple[Any, ...]:
    """A column is always the default: rows go the slow way."""
    raise KeyError


def _whatever(plan: Plan) -> Callable[[Any, int], Any]:
    """Rows for a predictor that does not say what it takes."""

    def convert(row: Any, number: int) -> Any:
        if not isinstance(row, dict):
            raise not_an_object(row, number, "the transformer takes columns by name")
        values: dict[str, Any] = {}
        for caller, value in row.items():
            name = plan.rename.get(caller, caller)
            if name in values:
                raise BadRow(f'row {number}: two columns become "{name}"', "row")
            values[name] = cast(unknown(plan, name, caller), number, value) if name in plan.casts else value
        for name, value in plan.defaults.items():
            if values.get(name) is None:
                values[name] = value
        return values

    return convert


def unknown(plan: Plan, name: str, caller: str | None) -> Source:
    """A column that a predictor without a signature gets, because it came or has a default."""
    kind = plan.casts.get(name)
    return Source(name, caller, kind or ANY, required=False, cast=kind, default=plan.defaults.get(name))
