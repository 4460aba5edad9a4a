"""`platformctl rollout …`: a rollout that decides by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

from platformctl.cli import progress_views, screen, shapes
from platformctl.cli.dry_run import SERVER, deploy_rehearsed, rehearsed
from platformctl.cli.handover import hand_over
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened
from platformctl.cli.options import (
    Whole,
    breaking_option,
    dry_run_option,
    examples,
    force_option,
    name_argument,
    output_option,
    timeout_option,
    wait_option,
)
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.cli.waiting import waited
from platformctl.domain import names
from platformctl.domain.names import Name
from platformctl.usecases import rollouts
from platformctl.usecases.deploy import deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.progress import await_end, rollout_status
from platformctl.usecases.rehearse import rehearse_rollback

F = TypeVar("F", bound=Callable[..., Any])


@click.group("rollout", epilog=examples("platformctl rollout status churn"))
def command() -> None:
    """Steer a rollout that decides by itself.

    `platformctl deploy NAME --auto` begins one.
    """


def _steers(function: F) -> F:
    """What all that change something take."""
    for option in (output_option, dry_run_option, force_option, name_argument):
        function = option(function)
    return function


@command.command("status", epilog=examples("platformctl rollout status churn"))
@name_argument
@click.option("--wait", "waits", is_flag=True, help="Wait until it has ended, or is paused; others drive it.")
@output_option
@click.pass_obj
def status(session: Session, /, *, name: str, waits: bool, form: str) -> int:
    """Show how far it is, what it waits for, and what each gate says."""
    deployment = names.name(name, "NAME")
    with opened(session) as world:
        found = (await_end if waits else rollout_status)(world, deployment)
    lines = progress_views.rollout_status(found, screen.style(), screen.width())
    show(lines, shapes.rollout_status(found), form)
    return 0


@command.command("pause", epilog=examples("platformctl rollout pause churn"))
@_steers
@click.pass_obj
def pause(session: Session, /, *, name: str, takes_over: bool, dry_run: str | None, form: str) -> int:
    """Let it go no further, until it is resumed.

    It keeps its share. Whoever drives it goes on looking: if a gate fails, it goes back all the same.
    """
    deployment = names.name(name, "NAME")
    with opened(session, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            return _foreseen(deployment, rollouts.pause(world, deployment, dry=True), form)
        done = rollouts.pause(world, deployment)
    show([done.text], shapes.outcome(done), form)
    return 0


@command.command("resume", epilog=examples("platformctl rollout resume churn"))
@_steers
@wait_option
@click.pass_obj
def resume(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    waits: bool,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Let it go on, and see that somebody drives it.

    If a gate had failed, the new version is judged anew; what its deadline stopped has as much time again.
    """
    deployment = names.name(name, "NAME")
    with opened(session, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            return _foreseen(deployment, rollouts.resume(world, deployment, dry=True), form)
        done = rollouts.resume(world, deployment)
        if waits:
            done = waited(session, world, deployment)
    return _ended(session, done, form, waits=waits)


@command.command(
    "approve",
    epilog=examples("platformctl rollout approve churn", "platformctl rollout approve churn --step 1"),
)
@_steers
@click.option(
    "--step",
    "weight",
    type=Whole(1),
    metavar="PERCENT",
    help="The step to go on from, by its share; else the one that it is at.",
)
@click.pass_obj
def approve(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    weight: int | None,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Let it go on from a step that waits for a person, or that is not decided.

    The step's time and requests are still waited for, and a gate that fails still takes it back.
    """
    deployment = names.name(name, "NAME")
    with opened(session, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            done = rollouts.approve(world, deployment, weight, dry=True)
            return _foreseen(deployment, done, form)
        done = rollouts.approve(world, deployment, weight)
    return _ended(session, done, form)


@command.command("abort", epilog=examples("platformctl rollout abort churn"))
@_steers
@timeout_option
@click.pass_obj
def abort(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    timeout: timedelta,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Give everything back to the version that served before, at once.

    Also while the new version has all requests and is watched. It is rejected then: `platformctl rollout
    retry NAME` tries it again.
    """
    deployment = names.name(name, "NAME")
    with opened(session, timeout, changes=True, takes_over=takes_over) as world:
        if dry_run is not None:
            rollouts.judged(deployment, world.target.observe(deployment).rollout)
            seen = rehearse_rollback(world, deployment, None, check=dry_run == SERVER)
            return rehearsed(deployment, seen.changes, seen.findings, form)
        with interruptible(world, deployment):
            done = rollouts.abort(world, deployment)
    show([done.text], shapes.outcome(done), form)
    return 0


@command.command("retry", epilog=examples("platformctl rollout retry churn"))
@_steers
@breaking_option
@timeout_option
@wait_option
@click.pass_obj
def retry(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    allow_breaking: tuple[str, ...],
    timeout: timedelta,
    waits: bool,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Try the version once more that was rolled back last.

    By the spec that it was deployed with, or else the usual steps, from the first one on.
    """
    deployment = names.name(name, "NAME")
    with opened(session, timeout, changes=True, takes_over=takes_over) as world:
        request = rollouts.again(world, deployment, allow_breaking)
        if dry_run is not None:
            return deploy_rehearsed(world, request, dry_run, form)
        with interruptible(world, deployment):
            done = deploy(world, request)
        if waits:
            done = waited(session, world, deployment)
    return _ended(session, done, form, waits=waits)


def _ended(session: Session, done: Outcome, form: str, *, waits: bool = False) -> int:
    """Print it, and see that somebody goes on."""
    show([done.text], shapes.outcome(done), form)
    if not waits:
        hand_over(session, done.name)
    return 0


def _foreseen(name: Name, done: Outcome, form: str) -> int:
    return rehearsed(name, [done.text] if done.changed else [], (), form)
