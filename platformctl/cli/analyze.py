"""`platformctl analyze`."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from platformctl.cli import screen
from platformctl.cli.opening import opened
from platformctl.cli.options import Duration, examples, name_argument, output_option
from platformctl.cli.output import show
from platformctl.cli.replay_options import ReplayOptions
from platformctl.cli.session import Session
from platformctl.domain import names
from platformctl.domain.errors import SpecError

if TYPE_CHECKING:
    from platformctl.domain.names import Name
    from platformctl.usecases.world import World


@click.command(
    "analyze",
    epilog=examples(
        "platformctl analyze churn",
        "platformctl analyze churn --record past.jsonl",
        "platformctl analyze churn --replay past.jsonl --alpha 0.05 --margin 1.5",
        "platformctl analyze churn --replay prometheus --since 6h --policy churn.yaml",
    ),
)
@name_argument
@click.option(
    "--replay",
    "source",
    metavar="SOURCE",
    help="Judge past figures: a file (CSV, JSON lines), prometheus, or the URL of one.",
)
@click.option("--policy", metavar="FILE", help="Replay by spec.rollout of this file, not the deployment's.")
@click.option("--alpha", type=float, metavar="CHANCE", help="Replay with this chance to fail a good version.")
@click.option("--margin", type=float, metavar="TIMES", help="Replay with this margin in all gates.")
@click.option("--limit", type=float, metavar="RATE", help="Replay with this limit of the rate of errors.")
@click.option("--threshold", metavar="TIME", help="Replay with answers being slow from this on: 250ms.")
@click.option("--canary", metavar="REVISION", help="The new version in the past; else the last rollout's.")
@click.option("--stable", metavar="REVISION", help="What it is compared with; else the last rollout's.")
@click.option("--since", metavar="TIME", help="Replay from then on: 6h (ago), or 2026-01-31T12:00:00Z.")
@click.option("--until", metavar="TIME", help="Replay until then. Default: now.")
@click.option(
    "--step", type=Duration(), metavar="TIME", help="Between readings of a Prometheus.  [default: 15s]"
)
@click.option(
    "--record", type=click.Path(), metavar="FILE", help="Add a reading of the counters to this file."
)
@click.option("--every", type=Duration(), metavar="TIME", help="With --record: one so often, until Ctrl-C.")
@output_option
@click.pass_obj
def command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str,
    source: str | None,
    record: str | None,
    every: timedelta | None,
    form: str,
    **others: Any,
) -> int:
    """Show how a rollout is judged, and what it would take to decide.

    Each gate's verdict, its evidence over time, and how many more requests decide it. With --replay: what
    would have happened to past figures by other settings, and when; the exit code is 1 if it would have gone
    back. docs/analyze.md has the format of files.
    """
    from platformctl.cli import recording, replaying  # `--help` must not pay for these

    deployment = names.name(name, "NAME")
    given = [option for option, value in others.items() if value is not None]
    if source is not None and record is not None:
        raise SpecError("give only one of --replay and --record", field="--replay")
    if every is not None and record is None:
        raise SpecError("is for --record", field="--every", hint="name a file: --record FILE")
    if source is None and given:
        raise SpecError("is for --replay", field=f"--{given[0]}", hint="name the figures: --replay FILE")
    if source is not None:
        wanted = ReplayOptions(source=source, **others)
        return replaying.replayed(session, deployment, wanted, form)
    with opened(session) as world:
        if record is not None:
            return recording.recorded(world, deployment, record, every)
        return _analyzed(world, deployment, form)


def _analyzed(world: "World", name: "Name", form: str) -> int:
    from platformctl.cli import analyses, analysis_shapes  # `--help` must not pay for these
    from platformctl.usecases.analyze import analyze

    found = analyze(world, name)
    show(analyses.analysis(found, screen.style(), screen.width()), analysis_shapes.analysis(found), form)
    return 0
