"""Help: the table's lines, every option, every example; and the page that is made of it."""

import click
import pytest

from platformctl.cli.main import PROGRAM, VERBS, global_options
from platformctl.cli.reference import PAGE, commands, page

pytestmark = pytest.mark.quick

_CALLED = {context.command_path.removeprefix(f"{PROGRAM} "): context for context in commands()}
"""Each command with its global options, by the words that call it."""


def command_of(name: str) -> click.Command:
    return _CALLED[name].command


@pytest.mark.parametrize("name", VERBS)
def test_the_tables_line_is_the_verbs_own(name: str) -> None:
    command = command_of(name)
    assert command.name == name
    assert (command.help or "").splitlines()[0] == VERBS[name].help


@pytest.mark.parametrize("name", _CALLED)
def test_every_option_has_help(name: str) -> None:
    options = [param for param in command_of(name).params if isinstance(param, click.Option)]
    assert [option.opts for option in options if not option.help] == []


@pytest.mark.parametrize("name", _CALLED)
def test_every_verb_has_an_example_of_itself(name: str) -> None:
    shown = _CALLED[name].get_help()
    assert "Example:" in shown
    assert f"platformctl {name}" in shown.partition("Example:")[2]


@pytest.mark.parametrize("name", _CALLED)
def test_every_verb_takes_the_global_options(name: str) -> None:
    taken = {text for param in command_of(name).params for text in param.opts}
    assert taken >= {text for option in global_options() for text in option.opts}


@pytest.mark.parametrize("name", _CALLED)
def test_help_fits_80_columns(name: str) -> None:
    assert [line for line in _CALLED[name].get_help().splitlines() if len(line) > 80] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m platformctl.cli.reference"
