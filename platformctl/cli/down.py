"""`platformctl down`."""

import click

from platformctl.adapters.local import foreseen
from platformctl.adapters.local.home import Home
from platformctl.cli.confirm import confirm
from platformctl.cli.dry_run import rehearsed
from platformctl.cli.errors import Interrupted
from platformctl.cli.opening import local_only, target_line, tilde
from platformctl.cli.options import dry_run_option, examples, output_option, yes_option
from platformctl.cli.output import document, show
from platformctl.cli.session import Session


@click.command("down", epilog=examples("platformctl down", "platformctl down --purge --yes"))
@click.option("--purge", is_flag=True, help="Remove its folder too: deployments, logs, the local registry.")
@yes_option
@dry_run_option
@output_option
@click.pass_obj
def command(session: Session, /, *, purge: bool, yes: bool, dry_run: str | None, form: str) -> int:
    """Stop the local stack; its state stays.

    `platformctl up` brings the same deployments back, unless --purge has removed them.
    """
    settings = local_only(session, "down")
    click.echo(target_line(session, settings), err=True)
    if dry_run is not None:
        return rehearsed(None, foreseen.down(Home.at(settings.home.value), purge=purge), (), form)
    home = tilde(settings.home.value)
    if purge:
        confirm(f"remove {home}, with all deployments and the local registry?", yes=yes)
    try:
        ran = session.host.stack(settings).down(purge=purge)
    except KeyboardInterrupt:
        raise Interrupted("the stack may be half down", hint="platformctl down goes on") from None
    text = "the local stack is down" if ran else "the local stack was not up"
    text += f", and {home} is removed" if purge else ""
    show([text], document("StackDown", changed=ran or purge, purged=purge), form)
    return 0
