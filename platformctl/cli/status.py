"""`platformctl status`."""

import json

import click

from platformctl.cli import progress_views, screen, shapes, views
from platformctl.cli.list import listed
from platformctl.cli.opening import opened
from platformctl.cli.options import examples, optional_name, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.cli.terminal import CLEAR_REST, CLEAR_TO_END, HOME
from platformctl.domain import names
from platformctl.domain.names import Name
from platformctl.usecases.read import Status, status
from platformctl.usecases.world import World

_INTERVAL = 1.0
"""Seconds between two looks."""


@click.command("status", epilog=examples("platformctl status churn", "platformctl status churn -o json"))
@optional_name
@click.option("--watch", "watched", is_flag=True, help="Redraw it every second, until Ctrl-C.")
@output_option
@click.pass_obj
def command(session: Session, /, *, name: str | None, watched: bool, form: str) -> int:
    """Show what serves, which share it has, and how it fares.

    Requests, errors (5xx, resets, timeouts) and latencies are the router's, since it was started.
    The exit code is 1 if something that should serve does not. Without NAME: as `platformctl list`.
    """
    if watched and (name is None or form != "table"):
        raise click.UsageError("--watch needs a NAME, and the table; platformctl status NAME --watch")
    with opened(session) as world:
        if name is None:
            return listed(world, "", form)
        deployment = names.name(name, "NAME")
        if watched:
            return _watch(world, deployment)
        found = status(world, deployment)
    show(views.status(found, screen.style(), screen.width()), shapes.status(found), form)
    return int(found.is_degraded)


def _watch(world: World, name: Name) -> int:
    """Show it again and again: in place on a terminal, after each change in a pipe."""
    shown = ""
    try:
        while True:
            found = status(world, name)
            block = views.status(found, screen.style(), screen.width())
            if screen.redraws():
                click.echo(frame(block), nl=False, color=True)
            elif shown != (shown := _seen(found)):
                click.echo("\n".join([*block, ""]))
            world.clock.sleep(_INTERVAL)
    except KeyboardInterrupt:
        return 0


def frame(lines: list[str]) -> str:
    """A screen over the one before, without the flicker of clearing it first."""
    return HOME + "".join(f"{line}{CLEAR_REST}\n" for line in lines) + CLEAR_TO_END


def _seen(found: Status) -> str:
    """All but the sentences: they count seconds."""
    shape, progress = dict(shapes.status(found)), found.progress
    rollout = (
        [progress_views.mark(progress.auto), *(v.outcome for v in progress.verdicts)] if progress else []
    )
    return json.dumps({**shape, "rollout": rollout, "problems": len(found.problems)})
