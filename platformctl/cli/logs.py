"""`platformctl logs`."""

import click

from platformctl.cli import shapes, views
from platformctl.cli.opening import opened
from platformctl.cli.options import Whole, examples, name_argument, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain.names import RevisionId
from platformctl.usecases.read import logs


@click.command("logs", epilog=examples("platformctl logs churn --tail 20"))
@name_argument
@click.option("--tail", type=Whole(1), default=50, show_default=True, metavar="N", help="How many lines.")
@click.option("--revision", metavar="REVISION", help="Only this revision's, live or not.")
@output_option
@click.pass_obj
def command(session: Session, /, *, name: str, tail: int, revision: str | None, form: str) -> int:
    """Show the last lines that revisions wrote.

    NAME is a deployment, for all its live revisions, or a revision, also after it was removed.
    """
    with opened(session) as world:
        found = logs(world, name, RevisionId(revision) if revision else None, tail)
    show(views.logs(found), shapes.logs(found), form)
    return 0
