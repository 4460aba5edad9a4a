"""`platformctl demo`: the story of platformctl.demo, told in the local stack of the home that is meant."""

import os
import sys

import click

from platformctl.adapters.local.home import Home
from platformctl.cli.errors import Interrupted
from platformctl.cli.opening import local_only, reporting
from platformctl.cli.options import Whole, examples
from platformctl.cli.session import TIMEOUT, Session
from platformctl.cli.terminal import style_of
from platformctl.demo import telling
from platformctl.demo.trained import MODEL
from platformctl.domain.errors import Unreachable
from platformctl.domain.observed import Scope
from platformctl.domain.rollout import Rollout
from platformctl.domain.settings import Settings


@click.command("demo", epilog=examples("platformctl demo"))
@click.option("--port", type=Whole(1), metavar="PORT", help="The port of the router, as in `up`.")
@click.option("--mlflow-port", type=Whole(1), metavar="PORT", help="The port of the registry, as in `up`.")
@click.pass_obj
def command(session: Session, /, *, port: int | None, mlflow_port: int | None) -> None:
    """Train a model, and roll it out on this machine.

    Brings up the local stack, logs three versions of a churn model to its registry, and prints and runs
    the commands of a rollout: deploy, a canary, promote, and a version that fails and goes back by itself.
    Takes about a minute, asks nothing, and leaves the stack up. What is yours under the name `churn` is
    not touched.
    """
    session.flags.setdefault("target", "local")  # it unsets for its commands what would say otherwise
    settings = local_only(session, "demo")
    given = {"--port": port, "--mlflow-port": mlflow_port}
    ports = [text for option, value in given.items() if value for text in (option, str(value))]
    try:
        telling.tell(_stage(session, settings), ports)
    except telling.StepFailed as error:
        failed = telling.failed(error)
        click.echo(f"error: {failed.message}\nhint: {failed.hint}", err=True)
        raise click.exceptions.Exit(error.code) from None
    except KeyboardInterrupt:
        raise Interrupted(
            "the demo was stopped; what it had brought up goes on",
            hint=f"platformctl status {MODEL} says how it is, platformctl demo starts over, "
            "platformctl down stops the stack",
        ) from None


def _stage(session: Session, settings: Settings) -> telling.Stage:
    style = style_of(sys.stdout, os.environ)
    return telling.Stage(
        home=settings.home.value,
        make_home=Home.at(settings.home.value).create,
        environ=os.environ,
        style=style.head,
        rollout=lambda: _rollout(session, settings),
        addresses=lambda: _addresses(session, settings),
    )


def _rollout(session: Session, settings: Settings) -> Rollout:
    """What is recorded of the demo's deployment; an empty rollout if there is none."""
    with reporting() as reporter:
        found = session.host.world(settings, reporter, TIMEOUT).target.list(Scope(MODEL))
    return next((summary.rollout for summary in found if summary.name == MODEL), Rollout())


def _addresses(session: Session, settings: Settings) -> telling.Addresses:
    """Where the stack is.

    Raises:
        Unreachable: It is not up, or has no registry.
    """
    status = session.host.stack(settings).status()
    if status.url is None or status.registry is None:
        raise Unreachable("the local stack has no registry", hint="platformctl up")
    return telling.Addresses(status.url, status.registry)
