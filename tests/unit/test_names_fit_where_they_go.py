import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.errors import SpecError
from platformctl.domain.names import NAME_LIMIT, name, suggest

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("text", ["a", "churn", "churn-2", "c-h-u-r-n", "a" * NAME_LIMIT])
def test_a_dns_label_that_starts_with_a_letter_is_a_name(text: str) -> None:
    assert name(text) == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Churn", "use 'churn'"),
        ("customer churn", "use 'customer-churn'"),
        ("team.churn_v2", "use 'team-churn-v2'"),
        ("2churn", "use 'churn'"),
        ("churn-", "use 'churn'"),
        ("churn\n", "use 'churn'"),
        ("Kündigung", "use 'kundigung'"),
        ("解約", "use a name such as 'churn'"),
        ("", "use a name such as 'churn'"),
        ("a" * (NAME_LIMIT + 1), f"use {'a' * NAME_LIMIT!r}"),
    ],
)
def test_anything_else_is_refused_with_the_nearest_name(text: str, hint: str) -> None:
    with pytest.raises(SpecError) as refused:
        name(text)
    assert (refused.value.hint, refused.value.field) == (hint, "metadata.name")


@given(st.text(max_size=80))
def test_a_suggestion_is_a_name_or_nothing(text: str) -> None:
    suggested = suggest(text)
    assert suggested == "" or name(suggested) == suggested


def test_a_name_suggests_itself() -> None:
    assert suggest("churn-2") == "churn-2"


def test_two_texts_may_suggest_one_name() -> None:
    assert suggest("customer churn") == suggest("customer.churn") == "customer-churn"
