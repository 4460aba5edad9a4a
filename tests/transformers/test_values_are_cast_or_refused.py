import math

import pytest

from platformctl_transformers.casts import CASTS, UNCHANGED, Refused, shown

pytestmark = pytest.mark.quick

LONG = 2**63 - 1

TAKEN = [
    ("boolean", True, True),
    ("boolean", "false", False),
    ("boolean", 1, True),
    ("boolean", 0.0, False),
    ("integer", "-12", -12),
    ("integer", 30.0, 30),
    ("long", "12", 12),
    ("long", "+12", 12),
    ("long", str(LONG), LONG),
    ("long", True, 1),
    ("float", "1e3", 1000.0),
    ("float", 3.4028234663852886e38, 3.4028234663852886e38),
    ("double", ".5", 0.5),
    ("double", 3, 3.0),
    ("double", False, 0.0),
    ("string", 30, "30"),
    ("string", 30.0, "30.0"),
    ("string", 1e-7, "1e-07"),
    ("string", True, "true"),
    ("string", "", ""),
    ("datetime", "2024-05-06", "2024-05-06"),
    ("datetime", "2024-05-06T07:08:09+02:00", "2024-05-06T07:08:09+02:00"),
]

REFUSED = [
    ("boolean", "yes"),
    ("boolean", "True"),
    ("boolean", 2),
    ("boolean", []),
    ("integer", 2**31),
    ("integer", "2147483648"),
    ("long", "12.5"),
    ("long", "30.0"),
    ("long", 12.5),
    ("long", " 12"),
    ("long", "1_000"),
    ("long", "٣"),
    ("long", "9" * 5000),
    ("long", LONG + 1),
    ("long", math.inf),
    ("long", {}),
    ("float", 1e39),
    ("double", "nan"),
    ("double", "1e999"),
    ("double", 10**400),
    ("double", "1,5"),
    ("double", ""),
    ("double", []),
    ("string", []),
    ("datetime", 1714979289),
    ("datetime", "06.05.2024"),
]


@pytest.mark.parametrize(("kind", "value", "made"), TAKEN)
def test_a_value_that_means_one_thing_is_turned_into_it(kind: str, value: object, made: object) -> None:
    result = CASTS[kind](value)
    assert (type(result), result) == (type(made), made)


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_any_other_value_is_refused_with_what_is_taken(kind: str, value: object) -> None:
    with pytest.raises(Refused, match=r"expected|between|too large"):
        CASTS[kind](value)


@pytest.mark.parametrize("kind", CASTS)
def test_null_stays_null(kind: str) -> None:
    assert CASTS[kind](None) is None


@pytest.mark.parametrize("kind", CASTS)
def test_types_that_are_never_cast_hold_only_values_that_stay(kind: str) -> None:
    samples: tuple[object, ...] = (None, True, False, 2**70, -1, 0.5, math.inf, -0.0, "", "true", "12")
    for value in samples:
        if type(value) in UNCHANGED[kind]:
            assert CASTS[kind](value) is value


def test_a_value_nested_beyond_python_is_shown_short() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert len(shown(value)) <= 40
    while value:  # freed level by level: Python frees by recursion
        value = value.pop()  # type: ignore[assignment]
