"""What `analyze` shows: a rollout that is judged, or what would have become of one."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime

from platformctl.cli.output import WIDTH, Column, table
from platformctl.cli.plots import plot
from platformctl.cli.terminal import Style
from platformctl.domain.automatic import Evidences
from platformctl.domain.durations import shown
from platformctl.domain.gates import Kind, Outcome, Unit, Verdict
from platformctl.domain.names import Name
from platformctl.judge.forecast import Forecast
from platformctl.usecases.analyze import Analysis, Outlook
from platformctl.usecases.replay import Ending, Replayed

_FEW = 20
"""Events; of fewer a rate is known to a half or so at best."""

WORSE, GOOD = "x", "o"
_LEGEND = (
    f"{WORSE}: evidence that it is worse; {GOOD}: that it is good enough; "
    "logarithms, as parts of what decides"
)
_ASSUMES = (
    "what it would take assumes that requests go on as they have so far, and leaves chance out: about half "
    "of such rollouts need more"
)
_STEPS = (Column("TIME (UTC)"), Column("SHARE", right=True), Column("WHY", shrinks=True))


def analysis(found: Analysis, style: Style, width: int = WIDTH) -> list[str]:
    """A rollout: each verdict with its evidence, how that came to be, and what it would take to decide."""
    against = f"against {found.stable}" if found.stable else "alone"
    lines = [
        f"{style.head(found.canary)} {against}, at {found.share} %",
        *_wrapped(f"waits: {found.waits}", width),
    ]
    shares = [(mark.at, mark.share) for mark in found.marks]
    for judged in found.gates:
        lines += ["", *_verdict(judged.verdict, style, width)]
        if judged.outlook is not None:
            lines += _wrapped(needs(judged.outlook, found.rate), width, "  ")
        lines += _evidence(found.auto.evidence, judged.verdict.gate, shares, width)
    return [*lines, "", *_notes(found.auto.evidence, width), *_wrapped(_ASSUMES, width)]


def needs(outlook: Outlook, rate: float | None) -> str:
    """`passes after about 900 more requests of the new version: 12 min, at 1.2 a second`."""
    told = outlook.forecast
    if told.requests is None:
        if outlook.unit is Unit.WINDOW:
            return "as it goes on, it does not fail; by windows nothing passes: a person approves"
        return f"as it goes on, it is not decided at these rates{_alike(outlook)}"
    text = f"{_decided(told)} more requests of the new version"
    if outlook.time is None or rate is None:
        return f"{text}; none has come yet at this share{_alike(outlook)}"
    return f"{text}: {shown(outlook.time)}, at {rate:.2g} a second{_alike(outlook)}"


def _alike(outlook: Outlook) -> str:
    """What chance may hide, where few events tell the rates."""
    same, told = outlook.alike, outlook.forecast
    if outlook.events >= _FEW or same.requests is None or same == told or outlook.unit is Unit.WINDOW:
        return ""
    return f"; if both are alike, and that was chance, it {_decided(same)}"


def _decided(told: Forecast) -> str:
    verb = "passes" if told.outcome is Outcome.PASS else "fails"
    return f"{verb} after about {rounded(told.requests or 0):,}"


def rounded(requests: int) -> int:
    """To two digits: a forecast knows no more."""
    return round(requests, 2 - len(str(requests)))


def replayed(name: Name, found: Replayed, style: Style, width: int = WIDTH) -> list[str]:
    """What would have become of a rollout, and when."""
    after = shown(found.at - found.auto.began)
    ending = {Ending.ROLLED_BACK: style.bad, Ending.PROMOTED: style.good}.get(found.ending, style.warn)
    lines = [
        f"{style.head(name)}: {ending(found.ending)}",
        *_wrapped(
            f"at {_time(found.at)}, {after} after the first of {found.readings:,} readings", width, "  "
        ),
        *_wrapped(found.why, width, "  "),
        "",
        *table(_STEPS, [[f"{s.at:%Y-%m-%d %H:%M:%S}", f"{s.weight} %", s.why] for s in found.steps], width),
    ]
    shares = [(step.at, step.weight) for step in found.steps]
    for verdict in found.verdicts:
        lines += ["", *_verdict(verdict, style, width)]
        lines += _evidence(found.auto.evidence, verdict.gate, shares, width)
    return [*lines, "", *_notes(found.auto.evidence, width), *_caveats(found, width)]


def _caveats(found: Replayed, width: int) -> Iterator[str]:
    if found.left_out:
        yield from _wrapped(f"not judged, as the past cannot tell it: {', '.join(found.left_out)}", width)
    if found.missed:
        first = found.missed[0]
        text = f"{len(found.missed):,} readings told nothing, the first at {_time(first.at)}: {first.why}"
        yield from _wrapped(text, width)
    yield from _wrapped(
        "requests are what they were: the steps are those that would have been taken, the shares are not",
        width,
    )


def _verdict(verdict: Verdict, style: Style, width: int) -> list[str]:
    colour = {Outcome.PASS: style.good, Outcome.FAIL: style.bad}.get(verdict.outcome, style.note)
    return [f"{style.head(verdict.gate)}: {colour(verdict.outcome)}", *_wrapped(verdict.text, width, "  ")]


def _evidence(known: Evidences, gate: str, shares: Sequence[tuple[datetime, int]], width: int) -> list[str]:
    """A plot; nothing for a query, nor before there are figures."""
    if gate not in set(Kind):
        return []
    kind = Kind(gate)
    worse = [(point.at, point.worse[kind]) for point in known.points if kind in point.worse]
    good = [(point.at, point.good[kind]) for point in known.points if kind in point.good]
    return ["", *plot({WORSE: worse, GOOD: good}, shares, width)] if worse else []


def _notes(known: Evidences, width: int) -> list[str]:
    return _wrapped(_LEGEND, width) if known.points else _wrapped("there are no figures yet", width)


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
