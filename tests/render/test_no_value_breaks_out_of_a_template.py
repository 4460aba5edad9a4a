from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from platformctl.render import templates

pytestmark = pytest.mark.quick

TEXTS = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "NO",
            "1.10",
            "0755",
            "a: b",
            "x\n    privileged: true",
            "{{ 7 }}",
            "- a",
            "\U0001f600",
            "\u2028",
            "\x85",
        ]
    ),
)
# YAML takes keys of at most 1024 characters as they are written, and says so; none of ours is so long.
KEYS = TEXTS.filter(lambda text: len(text) <= 80)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(name=TEXTS, data=st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_value_is_read_back_as_it_was(name: str, data: dict[str, Any]) -> None:
    found = templates.render("configmap", name=name, namespace="team", labels={}, data=data)
    assert found == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "team", "labels": {}},
        "data": data,
    }


def test_a_value_that_is_missing_says_its_name() -> None:
    with pytest.raises(UndefinedError, match="namespace"):
        templates.render("configmap", name="churn", labels={}, data={})


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        templates.render("configmap", name={1, 2}, namespace="team", labels={}, data={})
