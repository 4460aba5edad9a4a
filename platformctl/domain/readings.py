"""What the counters of revisions said at one moment of the past."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from platformctl.domain.counts import Counts
from platformctl.domain.names import RevisionId


@dataclass(frozen=True)
class Moment:
    """The figures of all revisions that had some.

    Args:
        at: When, in UTC.
        counts: Cumulative, by revision.
        weights: The share of the requests that each had, in percent, where that is known.
    """

    at: datetime
    counts: Mapping[RevisionId, Counts]
    weights: Mapping[RevisionId, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Period:
    """A part of the past.

    Args:
        since: Its first moment, in UTC.
        until: Its last.
    """

    since: datetime
    until: datetime
