"""What happened between two readings of one revision's counters.

Never more than what did. Of each process that counts by itself:

- One that is in both readings answered what lies between them.
- One that began anew in between, or has fallen, answered all that it says since. What it had counted before,
  and was not read, is lost.
- One whose figures are older than those before says nothing: of two Prometheus servers behind one address one
  is a scrape behind. Nor does one that had figures and has none at all, not even since when it runs: what
  answered in its place was an error page.
- One that was not in the reading before may have counted since long ago: nothing is known of it yet.
- One whose figures before were taken before the reading began to be asked for, as a scrape is, may have
  answered under other weights: nothing is known of it yet.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from platformctl.domain.counts import Counts, of_parts, total

_SAME_SECONDS = 1.0
"""A process that began more than that apart is another one. Envoy tells whole seconds."""

_MOST_GONE = 50
"""So many processes are remembered that say nothing now; they may again."""


def increment(before: Counts, after: Counts) -> Counts:
    """What came in between; nothing if one of both does not tell processes apart, and the other does."""
    if before.parts is None and after.parts is None:
        return _came(before, after)
    ours, others = before.parts or {}, after.parts or {}
    return total(
        _came(ours[name], part)
        for name, part in others.items()
        if name in ours and _counts(before, ours[name])
    )


def merged(before: Counts, after: Counts) -> Counts:
    """The reading that the next one is compared with: of each process what was told last."""
    if before.parts is None or after.parts is None:
        return before if after.parts is None and _is_older(before, after) else after
    gone = [name for name in before.parts if name not in after.parts][-_MOST_GONE:]
    parts = {name: before.parts[name] for name in gone}
    for name, part in after.parts.items():
        known = before.parts.get(name)
        parts[name] = known if known is not None and _is_older(known, part) else part
    return replace(of_parts(parts, before.at), lost=after.lost)


def is_stale(before: Counts, after: Counts) -> bool:
    """Whether all that is told is older than what was told before."""
    if before.parts is None or after.parts is None:
        return before.parts is after.parts and _is_older(before, after)
    both = before.parts.keys() & after.parts.keys()
    return bool(both) and all(_is_older(before.parts[name], after.parts[name]) for name in both)


def lost(before: Counts, after: Counts) -> int:
    """How many errors of the router came in between that are no revision's."""
    return after.lost if after.lost < before.lost else after.lost - before.lost


def fault(counts: Counts) -> str | None:
    """Why figures cannot be true; None: they may be."""
    named = {"requests": counts.requests, "errors": counts.errors, "4xx": counts.rejected}
    negative = [name for name, value in named.items() if value < 0]
    if negative:
        return f"fewer {negative[0]} than none: {named[negative[0]]}"
    if counts.errors + counts.rejected > counts.requests:
        both = f"{counts.errors:,} errors and {counts.rejected:,} 4xx"
        return f"{both} among {counts.requests:,} requests"
    rising = [count for _, count in sorted(counts.latency.items())]
    if rising != sorted(rising) or (rising and rising[0] < 0):
        return "a histogram whose counts do not rise"
    if rising and math.inf not in counts.latency:
        return "a histogram that does not say how many answers there were"
    return None


def _counts(whole: Counts, part: Counts) -> bool:
    return whole.at is None or part.at is None or part.at >= whole.at


def _came(before: Counts, after: Counts) -> Counts:
    if _is_older(before, after):
        return Counts()
    if _is_another(before, after) or _has_fallen(before, after):
        return replace(after, began=None, at=None, lost=0)
    return Counts(
        requests=after.requests - before.requests,
        errors=after.errors - before.errors,
        rejected=after.rejected - before.rejected,
        latency=_less(after.latency, before.latency),
    )


def _is_another(before: Counts, after: Counts) -> bool:
    if before.began is None or after.began is None:
        return False
    return abs(after.began - before.began) > _SAME_SECONDS


def _is_older(before: Counts, after: Counts) -> bool:
    """Of an earlier process, or of the same one with less: it has not fallen, it is told late; or nothing."""
    if before.began is None or after.began is None:
        return _is_empty(after) and not _is_empty(before)
    if _is_another(before, after):
        return after.began < before.began
    return _has_fallen(before, after)


def _is_empty(counts: Counts) -> bool:
    return counts.began is None and not counts.requests and not counts.latency


def _has_fallen(before: Counts, after: Counts) -> bool:
    fell = (
        after.requests < before.requests or after.errors < before.errors or after.rejected < before.rejected
    )
    return fell or any(after.latency.get(bound, 0) < count for bound, count in before.latency.items())


def _less(after: Mapping[float, int], before: Mapping[float, int]) -> Mapping[float, int]:
    """Of those bounds that both have; before the first answer there are none."""
    return {
        bound: count - before.get(bound, 0) for bound, count in after.items() if not before or bound in before
    }
