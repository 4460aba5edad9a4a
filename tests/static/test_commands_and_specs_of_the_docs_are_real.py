import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from platformctl.adapters import spec_files
from platformctl.cli.main import PROGRAM, cli
from platformctl.cli.session import Session
from tests.static.markdown import ROOT, blocks, pages

pytestmark = pytest.mark.quick

_TYPED = re.compile(r"^(?: {4}|\$ )(platformctl .*)$", re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    """Each command that a page shows as typed: in code, by itself or after a prompt."""
    for page in pages():
        for typed in _TYPED.findall(page.read_text("utf-8")):
            yield str(page.relative_to(ROOT)), typed


def unknown_options(typed: str) -> list[str]:
    """The options of a command that its verb does not have.

    Raises:
        click.UsageError: There is no such verb.
    """
    _, *arguments = shlex.split(typed, comments=True)
    _, verb, rest = cli.resolve_command(click.Context(cli, info_name=PROGRAM, obj=Session()), arguments)
    assert verb
    while isinstance(verb, click.Group):
        _, verb, rest = verb.resolve_command(click.Context(verb), rest)
        assert verb
    options = {option for param in verb.params for option in (*param.opts, *param.secondary_opts)}
    used = [word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"]
    return [option for option in used if option not in options]


@pytest.mark.parametrize(("page", "typed"), sorted(set(commands())))
def test_a_command_has_the_verb_and_the_options_that_a_page_shows(page: str, typed: str) -> None:
    assert unknown_options(typed) == [], page


def test_an_option_and_a_verb_that_are_not_there_are_found() -> None:
    assert unknown_options("platformctl deploy churn --canari 10") == ["--canari"]
    with pytest.raises(click.UsageError, match="there is no verb 'deplou'"):
        unknown_options("platformctl deplou churn")


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_of_python_and_specs_can_be_read(page: Path) -> None:
    for block in blocks(page, "python"):
        ast.parse(block)
    for block in blocks(page, "yaml"):
        if "kind: ModelDeployment" in block:
            spec_files.parse(block)
