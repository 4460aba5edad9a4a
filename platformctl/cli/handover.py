"""What becomes of a rollout that decides by itself when the command that began it ends."""

import click

from platformctl.cli.opening import settings_of, tilde
from platformctl.cli.session import Session
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.names import Name


def hand_over(session: Session, name: Name) -> None:
    """See that the local agent goes on with it, or say that nobody does; it is no failure of the command."""
    settings = settings_of(session)
    resume = f"platformctl rollout resume {name} --wait"
    if settings.target.value != "local":
        click.echo(f"nobody goes on with it when no command does: {resume}", err=True)
        return
    try:
        log = session.host.stack(settings).attend()
    except PlatformctlError as error:
        click.echo(f"warning: nobody goes on with it, as {error.message}: {resume}", err=True)
        return
    click.echo(f"it goes on by itself: platformctl rollout status {name}; its log is {tilde(log)}", err=True)
