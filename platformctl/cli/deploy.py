"""`platformctl deploy`."""

from dataclasses import replace
from datetime import timedelta

import click

from platformctl.cli import shapes
from platformctl.cli.asked import request
from platformctl.cli.dry_run import deploy_rehearsed
from platformctl.cli.handover import hand_over
from platformctl.cli.interrupts import interruptible
from platformctl.cli.opening import opened, settings_of
from platformctl.cli.options import (
    STAGED,
    Asked,
    Duration,
    auto_option,
    breaking_option,
    dry_run_option,
    examples,
    force_option,
    gpu_shift_option,
    output_option,
    request_options,
    timeout_option,
    wait_option,
)
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.cli.waiting import waited
from platformctl.domain.errors import SpecError
from platformctl.usecases.change import watch
from platformctl.usecases.deploy import deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.world import World


@click.command(
    "deploy",
    epilog=examples(
        "platformctl deploy churn",
        "platformctl deploy churn --version 2 --canary 10",
        "platformctl deploy churn --version 2 --canary 10 --dry-run=server",
        "platformctl deploy churn --version 2 --auto",
        "platformctl deploy -f churn.yaml --timeout 2m",
    ),
)
@request_options
@auto_option
@wait_option
@click.option("--retry", is_flag=True, help="Try a revision again that was rolled back.")
@breaking_option
@gpu_shift_option
@timeout_option
@click.option(
    "--watch",
    "watched",
    type=Duration(),
    help="Watch the canary for so long; roll it back if it stays unready.",
)
@force_option
@dry_run_option
@output_option
@click.pass_obj
def command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    asked: Asked,
    auto: bool | None,
    waits: bool,
    retry: bool,
    allow_breaking: tuple[str, ...],
    gpu_shift: str,
    timeout: timedelta,
    watched: timedelta | None,
    takes_over: bool,
    dry_run: str | None,
    form: str,
) -> int:
    """Deploy a model, or make a spec file true.

    NAME is a deployment's or a registered model's name. What serves goes on until the new revision is
    ready and has answered a prediction; it then takes all requests, or the share of --canary. If it
    does not get ready the deployment stays as it was, and the exit code is 1.

    With --auto, or with spec.rollout, it takes over step by step, and goes back by itself if it is worse
    than what serves: docs/rollouts.md. It is done when the first step serves; with --wait, when it has ended.

    Without --version and --alias: a first deployment takes the alias champion, a canary takes
    challenger, each else the newest version; a live deployment keeps its version.
    """
    _go_together(asked, auto=auto, waits=waits, watched=watched)
    wanted = replace(
        request(asked, settings_of(session)),
        auto=auto,
        retry=retry,
        staged=gpu_shift == STAGED,
        allow_breaking=allow_breaking,
    )
    with opened(session, timeout, changes=True, takes_over=takes_over) as world:
        if wanted.model:
            world.say(f"{wanted.model!r} is deployed as {wanted.name}")
        if dry_run is not None:
            return deploy_rehearsed(world, wanted, dry_run, form)
        with interruptible(world, wanted.name):
            done = deploy(world, wanted)
            if watched is not None:
                done = _watch(world, done, watched)
        decides = done.observed.rollout.auto is not None
        if decides and waits:
            done = waited(session, world, wanted.name)
    show([done.text], shapes.outcome(done), form)
    if decides and not waits:
        hand_over(session, wanted.name)
    return 0


def _go_together(asked: Asked, *, auto: bool | None, waits: bool, watched: timedelta | None) -> None:
    """Refuse options of which one says that a person decides.

    Raises:
        SpecError: They do not go together.
    """
    if asked.canary is not None and (auto or waits):
        other = "--auto" if auto else "--wait"
        raise SpecError(
            f"a share that stays until a person decides does not go with {other}",
            field="--canary",
            hint=f"leave one of them out; steps of your own: spec.rollout.steps: [{asked.canary}, 100]",
        )
    if watched is not None and (auto or waits):
        raise SpecError(
            "is for a canary about which a person decides",
            field="--watch",
            hint="leave it out: what decides by itself is watched to its end, with --wait by this command",
        )


def _watch(world: World, done: Outcome, duration: timedelta) -> Outcome:
    if done.observed.rollout.candidate is None:
        world.warn("there is no canary to watch", f"platformctl deploy {done.name} --canary 10")
        return done
    return replace(done, observed=watch(world, done.name, duration))
