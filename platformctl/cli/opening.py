"""Open the world that the options mean, and close what is shown meanwhile."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from platformctl.cli.session import TIMEOUT, Session
from platformctl.cli.terminal import LiveReporter, PlainReporter, is_terminal, style_of
from platformctl.domain.errors import SpecError
from platformctl.domain.settings import Flags, Settings

if TYPE_CHECKING:
    from platformctl.ports import Reporter
    from platformctl.usecases.world import World


def settings_of(session: Session, port: int | None = None) -> Settings:
    """Settle what the options, the environment and the files say.

    Raises:
        SpecError: They are wrong.
    """
    given = session.flags
    home = given.get("home")
    flags = Flags(
        context=given.get("context"),
        target=given.get("target"),
        registry=given.get("registry"),
        home=Path(home) if home else None,
        port=port,
    )
    return session.host.settings(flags)


def settled(session: Session, port: int | None = None) -> Settings:
    """As `settings_of`, for who needs the target.

    Raises:
        SpecError: They are wrong, or mean a target that this version cannot reach.
    """
    settings = settings_of(session, port)
    if settings.target.value != "local":
        raise SpecError(
            f"this version deploys on one machine only: the target {settings.target.value!r} comes in a "
            f"later one (it was chosen by {settings.target.origin})",
            field="--target",
            hint="--target local",
        )
    return settings


def target_line(settings: Settings) -> str:
    """`target: local (~/.local/share/platformctl)`."""
    return f"target: {settings.target.value} ({tilde(settings.home.value)})"


def tilde(path: Path) -> str:
    """A path as people write it."""
    try:
        return str("~" / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


@contextmanager
def reporting() -> Iterator["Reporter"]:
    """Somebody who shows on stderr how it goes."""
    if not is_terminal(sys.stderr, os.environ):
        yield PlainReporter(sys.stderr)
        return
    live = LiveReporter(sys.stderr, style_of(sys.stderr, os.environ), shutil.get_terminal_size().columns)
    try:
        yield live
    finally:
        live.done()


@contextmanager
def opened(session: Session, timeout: timedelta = TIMEOUT, *, changes: bool = False) -> Iterator["World"]:
    """The world that the options mean. A verb that changes something says first where.

    Raises:
        SpecError: The options are wrong.
    """
    settings = settled(session)
    if changes:
        click.echo(target_line(settings), err=True)
    with reporting() as reporter:
        yield session.host.world(settings, reporter, timeout)
