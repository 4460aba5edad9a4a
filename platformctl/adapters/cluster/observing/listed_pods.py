"""The pods of a deployment, listed once for all who look at them at the same time."""

import time
from collections.abc import Sequence

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.domain.manifests import DEPLOYMENT, Manifest
from platformctl.domain.names import Name

RECENT = 1.0
"""Seconds for which a list is as good as a new one to whoever only wants to know whom to ask."""


class ListedPods:
    """The last list of each deployment. Threads may share it.

    Args:
        api: The cluster.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._last: dict[Name, tuple[float, Sequence[Manifest]]] = {}

    def now(self, name: Name) -> Sequence[Manifest]:
        """List them."""
        asked = time.monotonic()
        found = self._api.list(POD, f"{DEPLOYMENT}={name}")
        self._last[name] = asked, found
        return found

    def recent(self, name: Name) -> Sequence[Manifest]:
        """As they were listed last, if that is not long ago."""
        asked, found = self._last.get(name, (None, ()))
        return found if asked is not None and time.monotonic() - asked < RECENT else self.now(name)
