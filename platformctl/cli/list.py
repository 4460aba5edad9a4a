"""`platformctl list`."""

import click

from platformctl.cli import screen, shapes, views
from platformctl.cli.opening import opened
from platformctl.cli.options import examples, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain.observed import Scope
from platformctl.usecases.read import deployments
from platformctl.usecases.world import World


@click.command("list", epilog=examples("platformctl list"))
@click.argument("prefix", required=False, default="")
@output_option
@click.pass_obj
def command(session: Session, /, *, prefix: str, form: str) -> int:
    """List the deployments.

    With PREFIX only those whose names begin so.
    """
    with opened(session) as world:
        return listed(world, prefix, form)


def listed(world: World, prefix: str, form: str) -> int:
    """Print the deployments."""
    found = deployments(world, Scope(prefix))
    show(views.summaries(found, screen.width()) if found else [], shapes.summaries(found), form)
    if not found:
        click.echo("there are no deployments; platformctl deploy NAME makes one", err=True)
    return 0
