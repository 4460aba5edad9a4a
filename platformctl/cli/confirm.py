"""Ask before something cannot be taken back."""

import sys

import click

from platformctl.domain.errors import Refused, SpecError


def confirm(question: str, *, yes: bool) -> None:
    """Return if a person agrees, by `--yes` or when asked on the terminal.

    Raises:
        SpecError: There is nobody to ask.
        Refused: They do not agree.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SpecError(f"there is no terminal to ask: {question}", field="--yes", hint="agree with --yes")
    if not click.confirm(question, err=True):
        raise Refused("nothing was changed")
