"""`platformctl predict`."""

import os
import sys
from collections.abc import Callable

import click

from platformctl.cli import answers, inputs, screen
from platformctl.cli.opening import opened
from platformctl.cli.options import Whole, examples, name_argument, output_option
from platformctl.cli.output import show
from platformctl.cli.session import Session
from platformctl.cli.terminal import CLEAR_LINE, is_terminal
from platformctl.domain import names
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Request
from platformctl.usecases.predict import own_example, predict, predict_many
from platformctl.usecases.world import World

_CONNECTIONS = 8
_STEP = 100
"""Answers between two drawings of the live line."""


@click.command(
    "predict",
    epilog=examples(
        "platformctl predict churn",
        "platformctl predict churn --count 200",
        "platformctl predict churn --input rows.csv -o json",
    ),
)
@name_argument
@click.option(
    "--input", "source", metavar="FILE|-", help="Rows as JSON or CSV; else the model's own example."
)
@click.option(
    "--count", type=Whole(1), metavar="N", help="Send N requests of one row each, round and round the input."
)
@click.option(
    "--connections",
    type=Whole(1),
    default=_CONNECTIONS,
    show_default=True,
    metavar="C",
    help="With --count: how many at once.",
)
@click.option("--to", metavar="REVISION", help="Ask this live revision, whatever its share.")
@output_option
@click.pass_obj
def command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    source: str | None,
    count: int | None,
    connections: int,
    to: str | None,
    form: str,
) -> int:
    """Send predictions, and say who answered.

    The input is {"instances": [...]}, a list of rows, or CSV with a header: a cell that is a number
    becomes one, an empty one null. With --count the split by revision and the latencies are shown;
    the exit code is 1 if any request got an error.
    """
    deployment, revision = names.name(name, "NAME"), RevisionId(to) if to else None
    with opened(session) as world:
        given = inputs.read(source) if source else inputs.parse(own_example(world, deployment))
        if count is None:
            return _one(world, deployment, Request(given.body, revision), form)
        requests = [Request(body, revision) for body in given.singly(count)]
        return _many(world, deployment, requests, connections, form)


def _one(world: World, name: Name, request: Request, form: str) -> int:
    answer = predict(world, name, request)
    answers.must_be_good(name, answer)
    show(answers.answered(answer, screen.width()), answers.prediction(name, answer), form)
    return 0


def _many(world: World, name: Name, requests: list[Request], connections: int, form: str) -> int:
    found = predict_many(world, name, requests, connections, _progress(len(requests)))
    show(answers.split(found, connections, screen.width()), answers.splits(name, found), form)
    return int(any(found.errors.values()) or any(found.rejected.values()))


def _progress(total: int) -> Callable[[int], None]:
    """A line that is redrawn on a terminal; nothing in a pipe."""
    if not is_terminal(sys.stderr, os.environ):
        return lambda _: None

    def draw(done: int) -> None:
        if done % _STEP == 0 or done == total:
            text = f"{done} of {total} requests" if done < total else ""
            click.echo(f"{CLEAR_LINE}{text}", nl=False, err=True, color=True)

    return draw
