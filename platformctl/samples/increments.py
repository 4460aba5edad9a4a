"""What happened between two readings of one revision's counters."""

from collections.abc import Mapping

from platformctl.domain.counts import Counts


def increment(before: Counts, after: Counts) -> Counts:
    """What came in between.

    A counter that has fallen began again from 0, and all others with it: what it says then is what came
    since. What came before the restart, and was not read, is lost.
    """
    if _has_restarted(before, after):
        return after
    return Counts(
        requests=after.requests - before.requests,
        errors=after.errors - before.errors,
        rejected=after.rejected - before.rejected,
        latency=_less(after.latency, before.latency),
    )


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
    return None


def _has_restarted(before: Counts, after: Counts) -> bool:
    fell = (
        after.requests < before.requests or after.errors < before.errors or after.rejected < before.rejected
    )
    return fell or any(after.latency.get(bound, 0) < count for bound, count in before.latency.items())


def _less(after: Mapping[float, int], before: Mapping[float, int]) -> Mapping[float, int]:
    return {bound: count - before.get(bound, 0) for bound, count in after.items()}
