"""`platformctl rollback`."""

from datetime import timedelta

import click

from platformctl.cli import shapes
from platformctl.cli.dry_run import SERVER, rehearsed
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened
from platformctl.cli.options import (
    dry_run_option,
    examples,
    force_option,
    name_argument,
    output_option,
    timeout_option,
)
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.domain.names import RevisionId
from platformctl.usecases.change import rollback
from platformctl.usecases.rehearse import rehearse_rollback


@click.command("rollback", epilog=examples("platformctl rollback churn"))
@name_argument
@click.option("--to", metavar="REVISION", help="The previous revision to go back to; else the newest one.")
@timeout_option
@force_option
@dry_run_option
@output_option
@click.pass_obj
def command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    to: str | None,
    timeout: timedelta,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Abort the canary, or go back to a previous revision.

    With a canary on its way stable gets everything back, at once. Without one the previous revision,
    or the one that --to names, takes all requests. `platformctl history NAME` lists the revisions.
    """
    deployment, revision = names.name(name, "NAME"), RevisionId(to) if to else None
    with opened(session, timeout, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            seen = rehearse_rollback(world, deployment, revision, check=dry_run == SERVER)
            return rehearsed(deployment, seen.changes, seen.findings, form)
        with interruptible(world, deployment):
            done = rollback(world, deployment, revision)
    show([done.text], shapes.outcome(done), form)
    return 0
