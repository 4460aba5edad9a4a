"""`platformctl analyze --replay`: which figures and which revisions; and what would have happened."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platformctl.adapters import readings
from platformctl.adapters.system import SystemClock
from platformctl.cli import analyses, analysis_shapes, screen
from platformctl.cli.opening import opened, settings_of
from platformctl.cli.output import show
from platformctl.cli.policies import policy
from platformctl.cli.replay_options import ReplayOptions
from platformctl.cli.session import Session
from platformctl.domain.durations import span
from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.readings import Moment, Period
from platformctl.domain.rollout import Rollout
from platformctl.domain.settings import Settings
from platformctl.usecases.analyze import sides
from platformctl.usecases.replay import Ending, pasts, replay

PROMETHEUS = "prometheus"
STEP = timedelta(seconds=15)
_LAST = timedelta(hours=1)
_SPAN = re.compile(r"(\d{1,9}(\.\d{1,6})?(ms|s|m|h|d))+", re.ASCII)
_REVISION = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", re.ASCII)

Sides = tuple[RevisionId, RevisionId]


def replayed(session: Session, name: Name, wanted: ReplayOptions, form: str) -> int:
    """Judge past figures again, and show what would have happened; 1 if it would have gone back.

    Raises:
        SpecError: An option is wrong, or the file.
        NotFound: There is no such file, or a revision has no figures.
        Refused: There is no Prometheus to ask, or it refuses the question.
        Unreachable: It does not answer, or the deployment's target does not.
    """
    settings, (rollout, now) = settings_of(session), _known(session, name, wanted)
    judged_by = policy(wanted, rollout)
    period = _period(wanted, rollout, now)
    if _is_address(wanted.source):
        canary, stable = _sides(wanted, rollout, None)
        moments = _asked(settings, wanted, (canary, stable), period)
    else:
        if wanted.step is not None:
            raise SpecError("is for a Prometheus: a file has the readings that it has", field="--step")
        moments = _within(readings.read(Path(wanted.source)), wanted, period)
        canary, stable = _sides(wanted, rollout, moments)
    found = replay(judged_by, pasts(moments, canary, stable))
    lines = analyses.replayed(name, found, screen.style(), screen.width())
    show(lines, analysis_shapes.replayed(name, canary, stable, found), form)
    return int(found.ending is Ending.ROLLED_BACK)


def _known(session: Session, name: Name, wanted: ReplayOptions) -> tuple[Rollout, datetime]:
    """What the deployment says, and the time. Where the command says it all, no target has to be there."""
    if wanted.tells_all:
        return Rollout(), SystemClock().now()
    with opened(session) as world:
        return world.target.observe(name).rollout, world.clock.now()


def _is_address(source: str) -> bool:
    return source == PROMETHEUS or source.startswith(("http://", "https://"))


def _asked(settings: Settings, wanted: ReplayOptions, both: Sides, period: Period) -> Sequence[Moment]:
    from platformctl.wiring import past  # who has a file needs no Prometheus

    address = None if wanted.source == PROMETHEUS else wanted.source
    return past.history(settings, address).read(both, period, wanted.step or STEP)


def _within(moments: Sequence[Moment], wanted: ReplayOptions, period: Period) -> Sequence[Moment]:
    """Those of the period, as far as the command says one."""
    since = period.since if wanted.since else moments[0].at
    until = period.until if wanted.until else moments[-1].at
    found = [moment for moment in moments if since <= moment.at <= until]
    if not found:
        raise SpecError(
            f"{wanted.source} has no readings in that time",
            field="--since" if wanted.since else "--until",
            hint=f"it has some from {_said(moments[0].at)} to {_said(moments[-1].at)}",
        )
    return found


def _sides(wanted: ReplayOptions, rollout: Rollout, moments: Sequence[Moment] | None) -> Sides:
    """The new version, and what it is compared with.

    As the command says; what it leaves open is the other one of a file that has two revisions; else it is
    as in the deployment's last rollout.
    """
    given = [_revision(wanted.canary, "--canary"), _revision(wanted.stable, "--stable")]
    there = sorted({revision for moment in moments or () for revision in moment.counts})
    last = sides(rollout)
    if None not in given:
        pass
    elif given == [None, None]:
        given = list(last) if last and (moments is None or {*last} <= {*there}) else given
    else:
        one = given[0] or given[1]
        others = [each for each in (there if len(there) == 2 else last or ()) if each != one]  # noqa: PLR2004 - both
        given = [each or (others[0] if len(others) == 1 else None) for each in given]
    canary, stable = given
    if canary is None or stable is None:
        missing = "--canary" if canary is None else "--stable"
        known = f"; the file has {', '.join(there)}" if there else ""
        raise SpecError(
            "it is not known which revisions are compared",
            field=missing,
            hint=f"--canary REVISION is the new one, --stable REVISION the other{known}",
        )
    if canary == stable:
        raise SpecError(
            f"{canary} cannot be compared with itself", field="--stable", hint="name the other one"
        )
    return canary, stable


def _revision(text: str | None, option: str) -> RevisionId | None:
    if text is not None and not _REVISION.fullmatch(text):
        raise SpecError(f"{text!r} is no revision's name", field=option, hint="such as churn-v4-3f9a1c")
    return RevisionId(text) if text is not None else None


def _period(wanted: ReplayOptions, rollout: Rollout, now: datetime) -> Period:
    """From when the rollout that is on began, or an hour ago, until now; or as the command says."""
    until = _time(wanted.until, "--until", now) if wanted.until else now
    began = rollout.auto.began if rollout.auto else until - _LAST
    since = _time(wanted.since, "--since", now) if wanted.since else began
    if since >= until:
        raise SpecError(
            f"{_said(since)} is not before {_said(until)}, where it ends",
            field="--since" if wanted.since else "--until",
            hint="--since 6h --until 1h",
        )
    return Period(since, until)


def _time(text: str, option: str, now: datetime) -> datetime:
    try:
        if _SPAN.fullmatch(text):
            return now - span(text)
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        what, meant = "has no zone", f"{at.isoformat()}Z, if that is UTC"
    except ValueError:
        what, meant = "is no time", "6h (ago), or 2026-01-31T12:00:00Z"
    except OverflowError:
        what, meant = "is too far away", "6h (ago), or 2026-01-31T12:00:00Z"
    raise SpecError(f"{text!r} {what}", field=option, hint=f"write {meant}")


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
