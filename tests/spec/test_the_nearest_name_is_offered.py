import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.nearest import did_you_mean, nearest

pytestmark = pytest.mark.quick

KNOWN = ("apiVersion", "canary", "class", "image", "keep", "max", "memory", "min", "model", "scaling")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("canry", "canary"),
        ("canaary", "canary"),
        ("cnaary", "canary"),
        ("CANARY", "canary"),
        ("api_version", "apiVersion"),
        ("class_", "class"),
        ("clas", "class"),
        ("memroy", "memory"),
        ("mxa", "max"),
        ("imgae", "image"),
        ("zebra", None),
        ("x", None),
        ("", None),
        ("canary" * 1_000, None),
    ],
)
def test_the_nearest(word: str, name: str | None) -> None:
    assert nearest(word, KNOWN) == name


def test_when_none_is_near_all_are_listed() -> None:
    assert did_you_mean("zebra", ("b", "a")) == "known: a, b"
    assert did_you_mean("zebra", ()) == "there is none"


@given(st.text(), st.sets(st.text(), max_size=5))
def test_it_is_one_of_the_known_whatever_is_written(word: str, known: set[str]) -> None:
    found = nearest(word, known)
    assert found is None or found in known


@given(st.sampled_from(KNOWN))
def test_a_known_name_is_its_own_nearest(name: str) -> None:
    assert nearest(name, KNOWN) == name
