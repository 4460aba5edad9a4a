"""`platformctl completion`."""

import click
from click.shell_completion import get_completion_class

from platformctl.cli.main import COMPLETE, PROGRAM, cli
from platformctl.cli.options import examples
from platformctl.cli.session import Session


@click.command("completion", epilog=examples("platformctl completion bash > platformctl.bash"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_obj
def command(session: Session, /, *, shell: str) -> int:
    """Print the script that completes commands in a shell.

    It completes verbs, options and the names of deployments.
    """
    kind = get_completion_class(shell)
    if kind is None:  # click knows all three
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(kind(cli, {"obj": session}, PROGRAM, COMPLETE).source())
    return 0
