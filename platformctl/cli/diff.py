"""`platformctl diff`."""

import click

from platformctl.cli import differences, screen
from platformctl.cli.asked import request
from platformctl.cli.opening import opened, settings_of
from platformctl.cli.options import Asked, examples, output_option, request_options
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.domain.errors import Refused, SpecError
from platformctl.usecases.diff import diff


@click.command("diff", epilog=examples("platformctl diff churn", "platformctl diff -f churn.yaml"))
@request_options
@output_option
@click.pass_obj
def command(
    session: Session,
    /,
    *,
    asked: Asked,
    form: str,
) -> int:
    """Show where a deployment differs from its spec.

    Takes what `deploy` takes, and changes nothing. The exit code is 0 if nothing differs, 1 if
    something does, and more if that could not be told.
    """
    wanted = request(asked, settings_of(session))
    with opened(session) as world:
        try:
            found = diff(world, wanted)
        except Refused as error:  # 1 would say that it differs
            raise SpecError(error.message, field=error.field, hint=error.hint) from error
    lines = differences.view(found, screen.width()) if found else ["nothing differs"]
    show(lines, differences.shape(wanted.name, found), form)
    return int(bool(found))
