"""Values of each type of column, and values that nobody expects."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy


@dataclass(frozen=True)
class Raw:
    """Bytes that stand in a document as they are."""

    content: bytes


@dataclass(frozen=True)
class Pairs:
    """An object whose names may come twice."""

    pairs: tuple[tuple[str, Any], ...]


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


_MOMENTS = st.datetimes(datetime(1700, 1, 1), datetime(2250, 1, 1)).map(datetime.isoformat)  # noqa: DTZ001 a time of no zone is meant

VALID: dict[str, SearchStrategy[Any]] = {
    "long": st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "double": st.none() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False),
    "float": st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
    "boolean": st.booleans(),
    "string": st.none() | st.text(st.characters(codec="utf-8"), max_size=20),
    "binary": st.none() | st.binary(max_size=20).map(_base64),
    "datetime": st.none() | _MOMENTS,
}

_RAW = [
    *(b"NaN", b"Infinity", b"-Infinity", b"nan", b"1e999", b"-1e999", b"1e-999", b"-0", b"-0.0", b"00"),
    *(b"0x1", b"1.", b".5", b"+1", b"1_0", b"''", b"None", b"True", b"undefined", b"", b",", b"]", b"}"),
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b'"\\u0000"', b'"\\x"', b'"\x00"'),
    *(b"1" * 400, b"9" * 5000, b"-" + b"9" * 30, b"0." + b"1" * 3000, b"18446744073709551616"),
    *(
        b"[" * 100_000,
        b"[" * 1000 + b"]" * 1000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
        b"[" * 200 + b"]" * 200,
    ),
    *(b"[[[[1]]]]", b"[[1],[2,3]]", b"[{}]", b"{}", b"[]", b"/* */1", b"\xef\xbb\xbf1", b"1 1"),
]
_PLAIN: list[Any] = [
    *(None, True, False, 0, 1, -1, 0.5, 30.0, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, -(2**63) - 1, 2**64),
    *(
        1e308,
        -1e308,
        5e-324,
        3.5e38,
        "",
        "30",
        "true",
        "null",
        "NaN",
        "\x00",
        "\ud800",
        "\U0001f600",
        "ß" * 300,
    ),
    *(
        "2024-01-01",
        "2024-13-01",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.999999",
        "2024-01-01T00:00:00+14:00",
    ),
    *("AAA", "====", [], {}, [None], [[]], [1, "a"], {"a": 1}, {"": None}, [[1, 2], [3, 4]]),
]
_NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)

HOSTILE: SearchStrategy[Any] = st.sampled_from([*_PLAIN, *map(Raw, _RAW)]) | _NESTED
"""What may stand in the place of anything."""


def encode(value: Any) -> bytes:
    """JSON, or what is made of it by Raw and Pairs."""
    if isinstance(value, Raw):
        return value.content
    if isinstance(value, list):
        return b"[" + b",".join(map(encode, value)) + b"]"
    if isinstance(value, dict):
        value = Pairs(tuple(value.items()))
    if isinstance(value, Pairs):
        return b"{" + b",".join(encode(key) + b":" + encode(inner) for key, inner in value.pairs) + b"}"
    return json.dumps(value).encode()
