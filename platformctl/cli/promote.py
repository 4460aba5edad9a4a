"""`platformctl promote`."""

from datetime import timedelta

import click

from platformctl.cli import shapes
from platformctl.cli.dry_run import SERVER, rehearsed
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened
from platformctl.cli.options import (
    STAGED,
    dry_run_option,
    examples,
    force_option,
    gpu_shift_option,
    name_argument,
    output_option,
    timeout_option,
)
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.usecases.change import promote
from platformctl.usecases.rehearse import rehearse_promote


@click.command("promote", epilog=examples("platformctl promote churn --alias champion"))
@name_argument
@click.option("--alias", help="Move this alias in the registry to the promoted version; else the spec's.")
@gpu_shift_option
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
    alias: str | None,
    gpu_shift: str,
    timeout: timedelta,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Give the canary all requests.

    It gets the capacity for that first. The revision that served before stays warm, for an instant
    rollback.
    """
    deployment, staged = names.name(name, "NAME"), gpu_shift == STAGED
    with opened(session, timeout, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            seen = rehearse_promote(world, deployment, alias, check=dry_run == SERVER, staged=staged)
            return rehearsed(deployment, seen.changes, seen.findings, form)
        with interruptible(world, deployment):
            done = promote(world, deployment, alias, staged=staged)
    show([done.text], shapes.outcome(done), form)
    return 0
