"""`platformctl history`."""

import click

from platformctl.cli import screen, shapes, views
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

    The last hundred events, oldest first.
    """
    deployment = names.name(name, "NAME")
    with opened(session) as world:
        records = history(world, deployment)
    show(views.history(records, screen.width()), shapes.history(deployment, records), form)
    return 0
