"""`platformctl history`."""

import click

from platformctl.cli import histories, screen, shapes
from platformctl.cli.opening import opened
from platformctl.cli.options import examples, name_argument, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.usecases.read import history


@click.command("history", epilog=examples("platformctl history churn"))
@name_argument
@output_option
@click.pass_obj
def command(session: Session, /, *, name: str, form: str) -> int:
    """Show what has happened to a deployment.

    The last hundred events, oldest first; of each step of a rollout that decides by itself, what its gates
    said. Below, the revisions that a rollback can go back to: what is not live any more is made anew.
    """
    deployment = names.name(name, "NAME")
    with opened(session) as world:
        found = history(world, deployment)
    show(histories.history(found, screen.width()), shapes.history(deployment, found), form)
    return 0
