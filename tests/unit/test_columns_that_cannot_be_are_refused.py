"""What a `features` transformer refuses by itself, before there is a model."""

import pytest
from pydantic import ValidationError

from platformctl.domain.features import Features

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", True),
        ("boolean", 0),
        ("boolean", "false"),
        ("integer", 2**31 - 1),
        ("integer", "-12"),
        ("long", 12.0),
        ("long", 2**63 - 1),
        ("float", 1),
        ("float", "1e3"),
        ("double", 0.5),
        ("double", ".5"),
        ("string", 3),
        ("string", False),
        ("datetime", "2026-01-02"),
        ("datetime", "2026-01-02T03:04:05Z"),
    ],
)
def test_a_default_that_its_cast_takes(kind: str, value: object) -> None:
    assert Features.model_validate({"default": {"a": value}, "cast": {"a": kind}}).default["a"] == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "yes"),
        ("boolean", 2),
        ("integer", 2**31),
        ("integer", "12.5"),
        ("long", 2**63),
        ("long", 12.5),
        ("long", "a lot"),
        ("float", "1_000"),
        ("double", ""),
        ("datetime", 5),
        ("datetime", "yesterday"),
    ],
)
def test_a_default_that_its_cast_does_not_take(kind: str, value: object) -> None:
    with pytest.raises(ValidationError, match=f"is no {kind}"):
        Features.model_validate({"default": {"a": value}, "cast": {"a": kind}})


def test_two_columns_may_swap_their_names() -> None:
    swapped = Features(rename={"a": "b", "b": "a"}, select=("a", "b"))
    assert swapped.select == ("a", "b")
