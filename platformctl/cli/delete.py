"""`platformctl delete`."""

import click

from platformctl.cli import shapes
from platformctl.cli.confirm import confirm
from platformctl.cli.dry_run import rehearsed
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened
from platformctl.cli.options import dry_run_option, examples, name_argument, output_option, yes_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.usecases.change import delete
from platformctl.usecases.existing import existing
from platformctl.usecases.rehearse import rehearse_delete


@click.command("delete", epilog=examples("platformctl delete churn --yes"))
@name_argument
@yes_option
@dry_run_option
@output_option
@click.pass_obj
def command(session: Session, /, *, name: str, yes: bool, dry_run: str | None, form: str) -> int:
    """Delete a deployment with all its revisions.

    Nothing serves afterwards, and its history is gone. The registry is not touched.
    """
    deployment = names.name(name, "NAME")
    with opened(session, changes=True) as world:
        if dry_run is not None:
            seen = rehearse_delete(world, deployment)
            return rehearsed(deployment, seen.changes, seen.findings, form)
        live = ", ".join(existing(world, deployment).revisions) or "no live revision"
        confirm(f"delete {deployment} ({live}) and its history?", yes=yes)
        with interruptible(world, deployment):
            done = delete(world, deployment)
    show([done.text], shapes.outcome(done), form)
    return 0
