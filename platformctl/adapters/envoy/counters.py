"""Figures a revision, as the router counted them."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from platformctl.adapters.envoy import statistics
from platformctl.adapters.envoy.admin import Admin
from platformctl.domain.counts import Counts
from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name, RevisionId

# Envoy merges histograms after it has answered: the first question starts it, another sees the result.
_MERGE_SECONDS = 0.004
_MERGE_POLLS = 10

_TRIES = 3
"""A second may end while Envoy is asked; the next one does not at once."""


class EnvoyCounters:
    """The port `Counters`, from Envoy's statistics; they fall back to 0 when Envoy restarts.

    Args:
        admin: The unix socket of Envoy's admin interface.
    """

    def __init__(self, admin: Path) -> None:
        self._admin = Admin(admin)

    def read(self, name: Name, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:  # noqa: ARG002 - the port's; a revision's name is unique in a stack
        """Read the figures of the given revisions; zeros for one that has had no request.

        Requests, errors and rejected are those of now; a latency may come some milliseconds later.

        Raises:
            Unreachable: Envoy does not answer, or not as Envoy does.
        """
        if not revisions:
            return {}
        try:
            return self._read(revisions)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise Unreachable(
                f"the router's figures cannot be read: {type(error).__name__}: {error}",
                hint="platformctl doctor",
            ) from error

    def _read(self, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        began = self._began()  # before its figures: they may be a later one's
        self._once(revisions)
        for _ in range(_MERGE_POLLS):
            time.sleep(_MERGE_SECONDS)
            figures = self._once(revisions)
            if all(statistics.is_merged(counts) for counts in figures.values()):
                break
        return {revision: replace(counts, began=began) for revision, counts in figures.items()}

    def _once(self, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        stats = self._admin.stats(statistics.answers_pattern(revisions))
        return {revision: statistics.counts(stats, revision) for revision in revisions}

    def _began(self) -> int:
        """The second in which Envoy began, to a second: one that seems to be another counts from 0.

        Raises:
            Unreachable: It answers so slowly that this cannot be told.
        """
        for _ in range(_TRIES):
            asked = math.floor(time.time())
            uptime = self._admin.uptime()
            if math.floor(time.time()) == asked:
                return asked - uptime
        raise Unreachable("the router's admin interface takes seconds to answer", hint="platformctl doctor")
