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
        namespace=given.get("namespace"),
        kube_context=given.get("kube_context"),
        mode=given.get("mode"),
    )
    return session.host.settings(flags)


def local_only(session: Session, verb: str, port: int | None = None) -> Settings:
    """As `settings_of`, for a verb that there is only on one machine.

    Raises:
        SpecError: They are wrong, or mean a cluster.
    """
    settings = settings_of(session, port)
    if settings.target.value != "local":
        raise SpecError(
            f"{verb} is for this machine only, and the target is {settings.target.value!r} (it was chosen by "
            f"{settings.target.origin})",
            field="--target",
            hint=f"platformctl {verb} --target local; platformctl doctor looks at the cluster",
        )
    return settings


def target_line(session: Session, settings: Settings) -> str:
    """`target: local (~/.local/share/platformctl)`, or `target: cluster (kube context …, namespace …)`.

    Raises:
        SpecError: A cluster is meant, and it is not said which.
    """
    target = settings.target.value
    where = tilde(settings.home.value) if target == "local" else session.host.where(settings)
    return f"target: {target} ({where})"


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
def opened(
    session: Session, timeout: timedelta = TIMEOUT, *, changes: bool = False, takes_over: bool = False
) -> Iterator["World"]:
    """The world that the options mean. A verb that changes something says first where.

    Raises:
        SpecError: The options are wrong.
    """
    settings = settings_of(session)
    if changes:
        click.echo(target_line(session, settings), err=True)
    with reporting() as reporter:
        yield session.host.world(settings, reporter, timeout, takes_over=takes_over)
