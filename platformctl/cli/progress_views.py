"""What is shown of a rollout that decides by itself."""

import textwrap
from collections.abc import Iterator

from platformctl.cli.findings import problems
from platformctl.cli.output import WIDTH
from platformctl.cli.terminal import Style
from platformctl.domain.automatic import Automatic
from platformctl.domain.durations import shown, span
from platformctl.domain.gates import Outcome, Verdict
from platformctl.plan import policies
from platformctl.usecases.progress import Progress, RolloutStatus


def rollout_status(found: RolloutStatus, style: Style, width: int = WIDTH) -> list[str]:
    """How far it is, what it waits for, and what each gate says."""
    wrong = ["", *problems(found.problems, style)] if found.problems else []
    if found.progress is None:
        return [*_none(found, style, width), *wrong]
    progress, auto = found.progress, found.progress.auto
    against = f"against {progress.stable}" if progress.stable else "alone"
    lines = [f"{style.head(progress.revision)} {against}: {_where(auto)}"]
    lines += [] if _is_held(auto) else _wrapped(f"waits: {progress.waits}", width)
    for verdict in progress.verdicts:
        lines += _verdict(verdict, style, width)
    lines += ["", "a person lets it go on from this step"] if auto.approved else []
    lines += ["", *_wrapped(f"steps: {policies.taken(auto.policy)}", width)]
    lines += _times(found, progress)
    lines += [line for text in policies.assumed(auto.policy) for line in _wrapped(text, width)]
    return [*lines, *wrong]


def line(found: Progress) -> str:
    """For the status of a deployment: `rollout: step 2 of 5, 10 %; it holds 10 % for 45 s more`."""
    waits = "" if _is_held(found.auto) else f"; {found.waits}"
    return f"rollout: {_where(found.auto)}{waits}"


def mark(auto: Automatic) -> str:
    """For the list of deployments: `step 2 of 5`, `paused`."""
    if auto.pause is not None:
        return "paused"
    if auto.trouble is not None:
        return "no figures"
    return "watched" if auto.bakes else f"step {auto.index + 1} of {len(auto.policy.steps)}"


def _is_held(auto: Automatic) -> bool:
    """Whether nothing moves: then that is one of the problems, with what to do about it."""
    return auto.pause is not None or auto.trouble is not None


def _none(found: RolloutStatus, style: Style, width: int) -> Iterator[str]:
    yield f"{style.head(found.name)}: no rollout decides by itself now"
    if found.last is not None:
        yield from _wrapped(f"the last one, {found.last.at:%Y-%m-%d %H:%M:%S} UTC: {found.last.told}", width)


def _where(auto: Automatic) -> str:
    if auto.bakes:
        return f"it has all requests, and is watched{_since(auto)}"
    return f"step {auto.index + 1} of {len(auto.policy.steps)}, {auto.step.weight} %{_since(auto)}"


def _since(auto: Automatic) -> str:
    return f" since {auto.stepped:%Y-%m-%d %H:%M:%S} UTC" if auto.stepped else ""


def _verdict(verdict: Verdict, style: Style, width: int) -> list[str]:
    colour = {Outcome.PASS: style.good, Outcome.FAIL: style.bad}.get(verdict.outcome, style.note)
    return [
        "",
        f"{style.head(verdict.gate)}: {colour(verdict.outcome)}",
        *_wrapped(verdict.text, width, "  "),
    ]


def _times(found: RolloutStatus, progress: Progress) -> Iterator[str]:
    auto = progress.auto
    ends = auto.began + span(auto.policy.deadline)
    if auto.pause is None and not auto.bakes:
        yield f"deadline: in {shown(ends - found.at)}, then {auto.policy.on_inconclusive}"
    looked = f"{shown(found.at - progress.looked)} ago" if progress.looked else "not yet at this share"
    yield f"figures were read: {looked}"


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
