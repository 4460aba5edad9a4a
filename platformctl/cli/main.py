"""The group of all verbs. Imports click and nothing else: `--help` answers in a tenth of a second."""

import difflib
import functools
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from platformctl.cli.session import Host, Session, Wired

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PROGRAM = "platformctl"
COMPLETE = "_PLATFORMCTL_COMPLETE"
"""The variable by which a shell asks for completions."""


@dataclass(frozen=True)
class Verb:
    """A row of the table: what `--help` needs to know without importing the verb's module.

    Args:
        section: The heading under which `--help` lists it.
        help: The first line of the verb's own help.
    """

    name: str
    section: str
    help: str

    @property
    def module(self) -> str:
        """Where its `command` is."""
        return f"platformctl.cli.{self.name}"


_CHANGE, _LOOK, _STACK, _SHELL = "Change a deployment", "Look at it", "The local stack", "This program"
_MAKE = "What is deployed"

VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("deploy", _CHANGE, "Deploy a model, or make a spec file true."),
        Verb("promote", _CHANGE, "Give the canary all requests."),
        Verb("rollback", _CHANGE, "Abort the canary, or go back to a previous revision."),
        Verb("rollout", _CHANGE, "Steer a rollout that decides by itself."),
        Verb("prune", _CHANGE, "Remove previous revisions that are no longer kept warm."),
        Verb("delete", _CHANGE, "Delete a deployment with all its revisions."),
        Verb("status", _LOOK, "Show what serves, which share it has, and how it fares."),
        Verb("list", _LOOK, "List the deployments."),
        Verb("analyze", _LOOK, "Show how a rollout is judged, and what it would take to decide."),
        Verb("history", _LOOK, "Show what has happened to a deployment."),
        Verb("logs", _LOOK, "Show the last lines that revisions wrote."),
        Verb("predict", _LOOK, "Send predictions, and say who answered."),
        Verb("diff", _LOOK, "Show where a deployment differs from its spec."),
        Verb("model", _MAKE, "Make a faster version of a model."),
        Verb("render", _MAKE, "Print the objects that a deployment is made of on a cluster."),
        Verb("image", _MAKE, "Build the images that model servers run in."),
        Verb("up", _STACK, "Start the local stack: router, registry, deployments."),
        Verb("down", _STACK, "Stop the local stack; its state stays."),
        Verb("demo", _STACK, "Train a model, and roll it out on this machine."),
        Verb("doctor", _SHELL, "Check the settings, what is installed, and what runs."),
        Verb("completion", _SHELL, "Print the script that completes commands in a shell."),
        Verb("version", _SHELL, "Print the version."),
    )
}

_EPILOG = (
    "Exit codes: 0 done; 1 the answer is no; 2 usage or spec; 3 a service could not be reached; "
    "4 a deadline passed; 5 somebody else is at work on it; 130 interrupted."
)

_BARE_DRY_RUN = {"--dry-run": "--dry-run=client"}


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Keep a global option in the session; the one after the verb wins."""
    if value is not None and param.name is not None:
        ctx.ensure_object(Session).flags[param.name] = value


def _debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.ensure_object(Session).debug = True


def global_options() -> list[click.Option]:
    """The options that every verb takes, before or after it."""
    kept = functools.partial(click.Option, expose_value=False, callback=_remember)
    return [
        kept(["--context"], metavar="NAME", help="The context of platformctl.toml to work in."),
        kept(["--target"], metavar="KIND", help="Where models serve: local or cluster."),
        kept(["--kube-context"], metavar="NAME", help="The context of kubeconfig: which cluster."),
        kept(["--namespace", "-n"], metavar="NAME", help="The namespace of the cluster."),
        kept(["--mode"], metavar="MODE", help="KServe's mode: auto, standard or knative."),
        kept(["--registry"], metavar="URI", help="The MLflow registry."),
        kept(["--home"], metavar="FOLDER", help="The local target's folder."),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_debug,
            help="Show where an error came from.",
        ),
    ]


def _add_global_options(command: click.Command) -> None:
    """Let a command take them, and each command below it; an option of its own wins."""
    own = {name for param in command.params for name in param.opts}
    command.params += [option for option in global_options() if own.isdisjoint(option.opts)]
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _add_global_options(inner)


class Verbs(click.Group):
    """The verbs of the table, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the table's order."""
        return [*VERBS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module, and add the global options to its command."""
        if cmd_name not in VERBS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(VERBS[cmd_name].module).command
        _add_global_options(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one was probably meant."""
        name = args[0]
        if name not in VERBS and not name.startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, VERBS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"{PROGRAM} --help lists the verbs"
            raise click.UsageError(f"there is no verb {name!r}; {hint}", ctx)
        # The value is optional: without this the parser would take the next word for it, a name.
        return super().resolve_command(ctx, [_BARE_DRY_RUN.get(word, word) for word in args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Complete verbs from the table; click's own way would import each of them."""
        from click.shell_completion import CompletionItem  # only a shell asks for it

        begun = [verb for verb in VERBS.values() if verb.name.startswith(incomplete)]
        verbs = [CompletionItem(verb.name, help=verb.help) for verb in begun]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, by section; imports no verb."""
        del ctx
        width = max(map(len, VERBS))
        for section in dict.fromkeys(verb.section for verb in VERBS.values()):
            rows = [(v.name.ljust(width), v.help) for v in VERBS.values() if v.section == section]
            with formatter.section(section):
                formatter.write_dl(rows)


cli = Verbs(
    PROGRAM,
    params=list(global_options()),
    help="From an MLflow registry to a safe rollout, in one command.",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)


def run(arguments: Sequence[str], host: Host | None = None) -> int:
    """Run one command and return its exit code. Every error is told here, none leaves as a traceback."""
    session = Session(host or Wired())
    _complete()
    try:
        with cli.make_context(PROGRAM, list(arguments), obj=session) as ctx:
            code: int | None = cli.invoke(ctx)
        sys.stdout.flush()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the outermost edge: it tells them all
        from platformctl.cli.errors import report  # only who errs pays for it

        return report(error, debug=session.debug or "--debug" in arguments)
    return code or 0


def _complete() -> None:
    """Answer a shell that asks for completions, and end."""
    instruction = os.environ.get(COMPLETE)
    if instruction:
        from click.shell_completion import shell_complete  # only a shell asks for it

        sys.exit(shell_complete(cli, {"obj": Session()}, PROGRAM, COMPLETE, instruction))
