import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platformctl.domain.cluster_options import ClusterOptions
from platformctl.domain.configuration import Context, interpret
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

PATH = Path("/repo/platformctl.toml")
HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("text", "field", "message", "hint"),
    [
        ("contxt = 'a'", "contxt", "there is no such key", "did you mean context?"),
        ("zebra = 1", "zebra", "there is no such key", "known: context, contexts"),
        ("target = 'local'", "target", "there is no such key", "write it below [contexts.NAME], as target"),
        ("contexts = 3", "contexts", "must be tables, not 3", "write [contexts.NAME]"),
        ("contexts.a = 3", "contexts.a", "must be a table, not 3", "write [contexts.a]"),
        ("[[contexts]]", "contexts", "must be tables, not a list", "write [contexts.NAME]"),
        ("[contexts.a]\nregisrty = 'x'", "contexts.a.regisrty", "no such key", "did you mean registry?"),
        (
            "[contexts.a]\nzebra = 'x'",
            "contexts.a.zebra",
            "no such key",
            "known: gateway, home, host, images",
        ),
        (
            "[contexts.a]\ntarget = 'clutser'",
            "contexts.a.target",
            "'clutser' is not a target",
            "mean cluster?",
        ),
        ("[contexts.a]\ntarget = ['local']", "contexts.a.target", "a list is not a target", "known: cluster"),
        ("[contexts.a]\nport = '80'", "contexts.a.port", "'80' is not a port", "without quotes"),
        ("[contexts.a]\nport = true", "contexts.a.port", "true is not a port", "without quotes"),
        ("[contexts.a]\nport = 0", "contexts.a.port", "0 is not a port", "from 1 to 65535"),
        ("[contexts.a]\nport = 65536", "contexts.a.port", "65536 is not a port", "from 1 to 65535"),
        ("[contexts.a]\nnamespace = 'A'", "contexts.a.namespace", "'A' is not a namespace", "lower-case"),
        (
            f"[contexts.a]\nnamespace = '{'a' * 64}'",
            "contexts.a.namespace",
            "is not a namespace",
            "at most 63",
        ),
        (
            "[contexts.a]\nregistry = 5000",
            "contexts.a.registry",
            "must be text on one line, not 5000",
            "quotes",
        ),
        ("[contexts.a]\nregistry = ''", "contexts.a.registry", "must be text on one line, not ''", "quotes"),
        ('[contexts.a]\nhome = "a\\u0000b"', "contexts.a.home", "must be text on one line", "quotes"),
        ("[contexts.a]\nspecs = 2026-01-01", "contexts.a.specs", "not 2026-01-01", "quotes"),
        ("context = 'b'\n[contexts.a]", "context", "there is no context 'b'", "known: a"),
        (
            "context = 'productoin'\n[contexts.production]",
            "context",
            "no context",
            "did you mean production?",
        ),
        ("context = 'b'", "context", "there is no context 'b'", "the file has no [contexts.NAME]"),
        ("context = 3", "context", "must be a context's name, not 3", 'write context = "NAME"'),
    ],
)
def test_a_key(text: str, field: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        interpret(tomllib.loads(text), PATH, HOME)
    assert caught.value.field == field
    assert message in caught.value.message
    assert caught.value.message.endswith("(/repo/platformctl.toml)")
    assert hint in str(caught.value.hint)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        interpret(tomllib.loads("contxt = 'a'\n[contexts.a]\nport = 0\nregisrty = 'x'\n"), PATH, HOME)
    assert str(caught.value) == (
        "contexts.a.port: 0 is not a port (/repo/platformctl.toml)\n"
        "contexts.a.regisrty: there is no such key; did you mean registry?\n"
        "contxt: there is no such key; did you mean context?"
    )


def test_an_empty_file_and_an_empty_context_are_fine() -> None:
    assert interpret({}, PATH, HOME).contexts == {}
    assert interpret(tomllib.loads("[contexts.a]"), PATH, HOME).contexts == {"a": Context()}


KEYS = st.sampled_from(
    [
        *("context", "contexts", "target", "registry", "specs", "home", "port", "namespace", "a"),
        *(key.name for key in fields(ClusterOptions)),
    ]
)
VALUES = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.sampled_from(["local", "cluster", "a"]),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), below, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=3)
    | st.builds(lambda table: {"contexts": {"a": table}}, st.dictionaries(KEYS, VALUES, max_size=4))
)
def test_whatever_is_written_is_a_configuration_or_an_error_that_names_the_file(
    document: dict[str, object],
) -> None:
    try:
        found = interpret(document, PATH, HOME)
    except SpecError as error:
        text = str(error)
    else:
        text = str(found.path)
        assert all(isinstance(context, Context) for context in found.contexts.values())
    assert "/repo/platformctl.toml" in text
