import base64
import math
import struct
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.datatypes import Tensor
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import Column, Columns

pytestmark = pytest.mark.quick

FLOAT32_MAX = struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]
TIMES = {"2024-05-06": "2024-05-06", "2024-05-06T07:08:09.5+02:00": "2024-05-06T05:08:09.5"}
TEXTS = st.sampled_from(["", "plus", "ünïcödé 列", "YQ==", "not base64!", "30", "true", *TIMES])
NUMBERS = st.integers(-(2**64), 2**64) | st.floats() | st.sampled_from([0, 1.0, 30.0, 2**31, 1e39, 10**400])
VALUES = st.none() | st.booleans() | TEXTS | NUMBERS
FITTING = {
    "integer": st.integers(-(2**31), 2**31 - 1) | st.integers(-9, 9).map(float),
    "long": st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9).map(float),
    "float": st.floats(width=32) | st.integers(-9, 9) | st.none(),
    "double": st.floats() | st.integers(-(2**70), 2**70) | st.none(),
    "boolean": st.booleans(),
    "string": TEXTS | st.none(),
    "binary": st.sampled_from(["YQ==", "", None]),
    "datetime": st.sampled_from([*TIMES, None]),
    "any": VALUES,
}
NAMES = ["a", "", "instances", "größe", "b c", "x" * 50]


class Refused(Exception):
    pass


def whole(value: Any, bits: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused
    if isinstance(value, float) and not value.is_integer():
        raise Refused
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise Refused
    return int(value)


def real(value: Any, limit: float) -> Any:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused
    try:
        number = float(value)
    except OverflowError:
        raise Refused from None
    if math.isfinite(number) and abs(number) > limit:
        raise Refused
    return number


def text(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise Refused
    return value


def data(value: Any) -> Any:
    try:
        return None if text(value) is None else base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused from None


def moment(value: Any) -> Any:
    if text(value) is None:
        return None
    if value not in TIMES:
        raise Refused
    return pd.Timestamp(TIMES[value])


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Refused
    return value


SLOW: dict[str, Callable[[Any], Any]] = {
    "integer": lambda value: whole(value, 32),
    "long": lambda value: whole(value, 64),
    "float": lambda value: real(value, FLOAT32_MAX),
    "double": lambda value: real(value, math.inf),
    "boolean": truth,
    "string": text,
    "binary": data,
    "datetime": moment,
    "any": lambda value: value,
}


def slow(signature: Columns, rows: list[dict[str, Any]]) -> list[list[Any]]:
    table: list[list[Any]] = []
    for row in rows:
        table.append([])
        for column in signature.columns:
            assert column.name is not None
            if column.name not in row and column.required:
                raise Refused
            given = column.name in row
            table[-1].append(SLOW[column.type](row[column.name]) if given else None)
    return table


def same(read: Any, expected: Any) -> bool:
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(read, float) and math.isnan(read)
    if isinstance(expected, float) and type(read) is int:
        return float(read) == expected  # an int in a double column may stay one
    return type(read) is type(expected) and bool(read == expected)


@st.composite
def requests(draw: st.DrawFn, *, fitting: float) -> tuple[Columns, list[dict[str, Any]]]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    columns = [Column(name, draw(st.sampled_from(sorted(FITTING))), draw(st.booleans())) for name in names]
    rows: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        row: dict[str, Any] = {"unknown": 1} if draw(st.booleans()) else {}
        for column in columns:
            fits = draw(st.floats(0, 1)) <= fitting
            if (column.required and fits) or draw(st.booleans()):
                assert column.name is not None
                row[column.name] = draw(FITTING[column.type] if fits else VALUES)
        rows.append(row)
    return Columns(tuple(columns)), rows


def check(signature: Columns, rows: list[dict[str, Any]]) -> None:
    reader = Reader(signature)
    for _ in range(2):  # the second time from what was kept of the first
        try:
            expected = slow(signature, rows)
        except Refused:
            with pytest.raises(BadInput):
                reader.v1({"instances": rows})
            continue
        given = reader.v1({"instances": rows})
        assert given is not None
        assert isinstance(given.data, Table)
        assert given.data.columns == signature.columns
        assert given.extra == sum("unknown" in row for row in rows)
        for read, wanted in zip(given.data.rows, expected, strict=True):
            assert all(map(same, read, wanted)), (read, wanted)


@given(requests(fitting=0.9))
@settings(max_examples=300)
def test_any_row_is_read_the_same_or_refused_by_both(request: tuple[Columns, list[dict[str, Any]]]) -> None:
    check(*request)


@given(requests(fitting=1))
@settings(max_examples=200)
def test_rows_that_fit_are_read_the_same(request: tuple[Columns, list[dict[str, Any]]]) -> None:
    signature, rows = request
    check(signature, rows)
    slow(signature, rows)  # none is refused


POWERS = [
    sign * 2**bits + delta for bits in (7, 31, 53, 63, 64, 128) for sign in (1, -1) for delta in (-1, 0, 1)
]
EDGES = [
    *POWERS,
    *map(float, POWERS),
    *(0, 0.5, -0.0, 1e39, -1e39, 1e308, 10**400, math.nan, math.inf, -math.inf, None, True, False),
    *("", "x", "YQ==", *TIMES, b"x", [], [1], {}, {"a": 1}),
]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("kind", sorted(FITTING))
def test_the_edges_of_each_type_are_where_the_slow_reader_has_them(kind: str, position: int) -> None:
    """In each place among others of the type: several numbers are compared with the bounds at once."""
    signature = Columns(tuple(Column(name, kind) for name in "abc"))
    plain = {"boolean": True, "string": "x", "binary": "YQ==", "datetime": None}.get(kind, 1)
    for edge in EDGES:
        values = [plain] * 3
        values[position] = edge
        if kind == "binary" and isinstance(edge, bytes):
            continue  # raw tensors have them, JSON has not
        check(signature, [dict(zip("abc", values, strict=True))])


DATATYPES = {"integer": "INT32", "long": "INT64", "double": "FP64", "boolean": "BOOL", "any": "FP64"}


@given(requests(fitting=1))
def test_rows_lists_and_tensors_are_the_same_table(request: tuple[Columns, list[dict[str, Any]]]) -> None:
    signature, rows = request
    rows = [row for row in rows if all(column.name in row for column in signature.columns)]
    assume(rows)
    assume(all(column.type not in ("float", "any") for column in signature.columns))  # a tensor has one type
    reader = Reader(signature)
    names = signature.names
    tensors = [
        Tensor(
            c.name or "", (len(rows),), DATATYPES.get(c.type, "BYTES"), [row[c.name or ""] for row in rows]
        )
        for c in signature.columns
    ]
    inputs = [
        reader.v1({"instances": rows}),
        reader.v1({"instances": [[row[name] for name in names] for row in rows]}),
        reader.v2(tensors, {}),
    ]
    tables = [given.data.rows for given in inputs if given is not None and isinstance(given.data, Table)]
    assert len(tables) == 3
    for table in tables[1:]:
        for read, first in zip(table, tables[0], strict=True):
            assert all(same(*pair) or same(*reversed(pair)) for pair in zip(read, first, strict=True))


def test_what_is_kept_of_the_patterns_of_types_is_bounded() -> None:
    """A caller could send another one each time, for ever."""
    names = [f"x{index}" for index in range(12)]
    reader = Reader(Columns(tuple(Column(name, "double") for name in names)))
    for pattern in range(2**12):
        row = {name: 1 if pattern >> index & 1 else 1.0 for index, name in enumerate(names)}
        given = reader.v1({"instances": [row]})
        assert given is not None
        assert isinstance(given.data, Table)
        assert given.data.rows == [tuple(row.values())]
    assert len(reader._rows._plans._kept) <= 1024  # type: ignore[union-attr]  # noqa: SLF001 memory is its only trace
