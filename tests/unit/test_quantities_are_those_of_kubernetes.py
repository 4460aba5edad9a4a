from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.quantity import parse

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0.5", Decimal("0.5")),
        ("500m", Decimal("0.5")),
        ("2k", 2_000),
        ("3M", 3_000_000),
        ("1G", 10**9),
        ("1T", 10**12),
        ("4Ki", 4096),
        ("512Mi", 536_870_912),
        ("1.5Gi", 1_610_612_736),
        ("1Ti", 2**40),
    ],
)
def test_a_quantity_has_a_value_in_its_base_unit(text: str, value: Decimal) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2GB", "write 2Gi or 2G"),
        ("2gb", None),
        ("512 MB", "write 512Mi or 512M"),
        ("1KB", "write 1Ki or 1k"),
        ("1K", "write 1Ki or 1k"),
        ("512MiB", "write 512Mi"),
        ("64kib", "write 64Ki"),
    ],
)
def test_what_was_probably_meant_is_said(text: str, meant: str | None) -> None:
    with pytest.raises(ValueError, match=meant or "is not a quantity such as"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "-1", "1e3", "1,5", "one", "1 ", "1\n", "\u0661", "0x10", ".5", "1.", "9" * 16]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse(text)


@given(st.integers(1, 10**6), st.sampled_from(["B", "b", "iB", "ib"]), st.sampled_from("kKMGT"))
def test_what_is_suggested_is_a_quantity(number: int, ending: str, unit: str) -> None:
    with pytest.raises(ValueError, match="write ") as refused:
        parse(f"{number}{unit}{ending}")
    suggestions = str(refused.value).split("write ")[1].split(" or ")
    assert all(parse(suggestion) >= number for suggestion in suggestions)
