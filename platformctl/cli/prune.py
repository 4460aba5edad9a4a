"""`platformctl prune`."""

import click

from platformctl.cli import shapes
from platformctl.cli.dry_run import rehearsed
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened
from platformctl.cli.options import Whole, dry_run_option, examples, name_argument, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.usecases.change import prune
from platformctl.usecases.rehearse import rehearse_prune


@click.command("prune", epilog=examples("platformctl prune churn --keep 0"))
@name_argument
@click.option(
    "--keep", type=Whole(0), metavar="N", help="How many previous revisions stay; else the spec's keep."
)
@dry_run_option
@output_option
@click.pass_obj
def command(session: Session, /, *, name: str, keep: int | None, dry_run: str | None, form: str) -> int:
    """Remove previous revisions that are no longer kept warm.

    They stay recorded: a rollback to one makes it ready again.
    """
    deployment = names.name(name, "NAME")
    with opened(session, changes=True) as world:
        if dry_run is not None:
            seen = rehearse_prune(world, deployment, keep)
            return rehearsed(deployment, seen.changes, seen.findings, form)
        with interruptible(world, deployment):
            done = prune(world, deployment, keep)
    show([done.text], shapes.outcome(done), form)
    return 0
