"""Figures a revision, as the router counted them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from platformctl.adapters.envoy import statistics
from platformctl.adapters.envoy.admin import Admin
from platformctl.domain.counts import Counts
from platformctl.domain.names import Name, RevisionId


class EnvoyCounters:
    """The port `Counters`, from Envoy's statistics; they fall back to 0 when Envoy restarts.

    Args:
        admin: The unix socket of Envoy's admin interface.
    """

    def __init__(self, admin: Path) -> None:
        self._admin = Admin(admin)

    def read(self, name: Name, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:  # noqa: ARG002 - the port's; a revision's name is unique in a stack
        """Read the figures of the given revisions; zeros for one that has had no request.

        Raises:
            Unreachable: Envoy does not answer.
        """
        if not revisions:
            return {}
        stats = self._admin.stats(statistics.answers_pattern(revisions))
        return {revision: statistics.counts(stats, revision) for revision in revisions}
