"""Screens: a deployment, a list, a history, as lines of text."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from platformctl.cli import progress_views, shapes
from platformctl.cli.findings import problems
from platformctl.cli.output import WIDTH, Column, table
from platformctl.cli.shapes import role, shown
from platformctl.cli.terminal import Style
from platformctl.domain.counts import Counts
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed, RevisionStatus, Summary
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.usecases.read import Status

_REVISIONS = (
    Column("REVISION", shrinks=True),
    Column("ROLE"),
    Column("MODEL", shrinks=True),
    Column("SHARE", right=True),
    Column("READY", right=True),
    Column("SCALES", shrinks=True),
    Column("AGE", shrinks=True),
    Column("RUNTIME", shrinks=True),
    Column("NOTE", shrinks=True),
)
_TRAFFIC = (
    Column("REVISION", shrinks=True),
    Column("REQUESTS", right=True),
    Column("ERRORS", right=True),
    Column("4XX", right=True),
    Column("P50 MS", right=True),
    Column("P95 MS", right=True),
)


def status(found: Status, style: Style, width: int = WIDTH) -> list[str]:
    """One deployment: what serves, how it fares, what is wrong."""
    observed = found.observed
    lines = [_title(found, style)]
    lines += [progress_views.line(found.progress)] if found.progress else []
    lines += addresses(found.name, observed)
    lines += ["", *_revisions(found, width)] if shown(observed) else []
    lines += ["", *_traffic(observed, found.counts, width)] if found.counts else []
    lines += _faster(observed)
    lines += _lacks(observed)
    lines += _bypasses(observed)
    lines += _backing(observed)
    lines += _rejected(observed)
    return lines + ([""] if found.problems else []) + problems(found.problems, style)


def addresses(name: Name, observed: Observed) -> list[str]:
    """Where the deployment is asked, and whether what is committed is served there."""
    path = f"/v1/models/{name}:predict"
    lines = [f"url: {observed.url}{path}"] if observed.url else []
    lines += [f"inside: {observed.inside}{path}"] if observed.inside else []
    lines += [f"host: {observed.host}"] if observed.host else []
    if observed.accepted is not None and observed.route.weights:
        serves = "serves these weights" if observed.accepted else "does not serve these weights yet"
        lines.append(f"gateway: {serves}")
    return lines


def _title(found: Status, style: Style) -> str:
    rollout = found.observed.rollout
    phase = rollout.phase.value
    goal = f" to {rollout.candidate.goal} %" if rollout.candidate else ""
    coloured = style.bad(phase) if found.is_degraded else style.good(phase)
    return f"{style.head(found.name)}: {coloured}{goal}" + _since(rollout.since)


def _since(at: datetime | None) -> str:
    return f", since {_time(at)}" if at else ""


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _revisions(found: Status, width: int) -> list[str]:
    rows = [_revision(found, revision) for revision in shown(found.observed)]
    told = [
        place for place, column in enumerate(_REVISIONS) if not column.shrinks or any(r[place] for r in rows)
    ]
    return table(
        [_REVISIONS[place] for place in told], [[row[place] for place in told] for row in rows], width
    )


def _revision(found: Status, revision: RevisionId) -> list[str]:
    observed = found.observed
    status = observed.revisions.get(revision)
    known = observed.rollout.known(revision)
    return [
        revision,
        role(observed.rollout, revision),
        known.model.label if known else "",
        _share(observed, revision),
        _ready(status),
        _scales(status) if status else "",
        age(found.at - status.created) if status and status.created else "",
        status.serving.runtime if status and status.serving else "",
        _note(observed, revision),
    ]


def _share(observed: Observed, revision: RevisionId) -> str:
    """`10 %`, or `10 % (live 0 %)` where something else is served than was committed."""
    wanted, live = observed.route.share(revision), shapes.served(observed, revision)
    return f"{wanted} %" if live in {None, wanted} else f"{wanted} % (live {live} %)"


def _ready(status: RevisionStatus | None) -> str:
    if status is None:
        return "0/0"
    return "asleep" if status.asleep else f"{status.ready}/{status.replicas}"


def _scales(status: RevisionStatus) -> str:
    """`1-3, cpu 45 % of 80 %`; nothing where a number is held for no reason that is known."""
    if status.bounds is None or (status.bounds[0] == status.bounds[1] and not status.gauges):
        return ""
    least, most = status.bounds
    gauges = (f"{gauge.name} {f'{gauge.now} of ' * bool(gauge.now)}{gauge.target}" for gauge in status.gauges)
    return ", ".join([f"{least}-{most}", *gauges])


def age(span: timedelta) -> str:
    """How long, in the largest unit that gives at least 2: `95s`, `14m`, `3h`, `12d`."""
    seconds = max(0, int(span.total_seconds()))
    units = ((86_400, "d"), (3_600, "h"), (60, "m"))
    return next((f"{seconds // unit}{name}" for unit, name in units if seconds >= 2 * unit), f"{seconds}s")


def _note(observed: Observed, revision: RevisionId) -> str:
    status = observed.revisions.get(revision)
    if status is None:
        return "it is not there"
    restarts = f"{status.restarts} restart{'s' * (status.restarts > 1)}" if status.restarts else ""
    return "; ".join(part for part in (restarts, status.failure or status.detail) if part)


def _traffic(observed: Observed, counts: Mapping[RevisionId, Counts], width: int) -> list[str]:
    rows = [_figures(revision, counts[revision]) for revision in shown(observed) if revision in counts]
    return table(_TRAFFIC, rows, width)


def _figures(revision: RevisionId, counts: Counts) -> list[str]:
    percent = 100 * counts.errors / counts.requests if counts.requests else 0.0
    return [
        revision,
        str(counts.requests),
        f"{counts.errors} ({percent:.1f} %)",
        str(counts.rejected),
        _milliseconds(counts.quantile(0.5)),
        _milliseconds(counts.quantile(0.95)),
    ]


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _faster(observed: Observed) -> list[str]:
    """How what has requests could be faster."""
    routed = [(revision, observed.revisions.get(revision)) for revision in observed.route.weights]
    lines = [
        f"{revision} would be faster by {faster.runtime}: {faster.needs}"
        for revision, status in routed
        for faster in (status.serving.faster if status and status.serving else ())
    ]
    return ["", *lines] if lines else []


def _lacks(observed: Observed) -> list[str]:
    """What an image of a person's own does not have."""
    lines = [
        f"{revision}: {lack}"
        for revision in shown(observed)
        for lack in (observed.revisions[revision].lacks if revision in observed.revisions else ())
    ]
    return ["", *lines] if lines else []


def _bypasses(observed: Observed) -> list[str]:
    """Addresses that are there for looking at one revision."""
    known = [(revision, observed.revisions.get(revision)) for revision in shown(observed)]
    lines = [f"  {revision}: {status.address}" for revision, status in known if status and status.address]
    return ["", "each revision's own address, which bypasses the weights:", *lines] if lines else []


def _backing(observed: Observed) -> list[str]:
    """Knative's names for ours: what its own commands and logs speak of."""
    known = [(revision, observed.revisions.get(revision)) for revision in shown(observed)]
    lines = [
        f"  {revision}: {', '.join(status.backing)}"
        for revision, status in known
        if status and status.backing
    ]
    return ["", "Knative revisions of each, the newest first:", *lines] if lines else []


def _rejected(observed: Observed) -> list[str]:
    rejected = observed.rollout.rejected
    lines = [f"rejected: {r.revision}, {_time(r.at)}: {' '.join(r.reason.split())}" for r in rejected]
    return ["", *lines] if lines else []


def summaries(found: Sequence[Summary], width: int = WIDTH) -> list[str]:
    """The deployments, a line each."""
    columns = (
        Column("NAME", shrinks=True),
        Column("PHASE"),
        Column("TRAFFIC", shrinks=True),
        Column("SINCE"),
    )
    rows = [
        [
            s.name,
            "unreadable" if s.problem else _phase(s.rollout),
            s.problem or _shares(s.route),
            _time(s.rollout.since) if s.rollout.since else "",
        ]
        for s in found
    ]
    return table(columns, rows, width)


def _phase(rollout: Rollout) -> str:
    mark = f", {progress_views.mark(rollout.auto)}" if rollout.auto else ""
    return f"{rollout.phase.value}{mark}"


def _shares(route: Route) -> str:
    return ", ".join(f"{revision} {weight} %" for revision, weight in route.weights.items()) or "none"


def logs(found: Mapping[RevisionId, Sequence[str]]) -> list[str]:
    """Last lines, under a heading a revision if there are several."""
    if len(found) == 1:
        return [line for lines in found.values() for line in lines]
    return [text for revision, lines in found.items() for text in (f"==> {revision} <==", *lines, "")]
