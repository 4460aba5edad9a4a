"""The rollout of a deployment in Knative mode: a ConfigMap, read and replaced as one compare-and-set.

It is written first, as what is meant; the InferenceService follows. Who is killed in between leaves one that
is behind, never one that is ahead: whoever comes next brings it up to what is recorded.
"""

from collections.abc import Sequence
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP
from platformctl.adapters.cluster.api.objects import name, text
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state.compare import compare, until_fresh, write
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.domain import manifests
from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import HOLDS, Manifest
from platformctl.domain.names import Name
from platformctl.domain.observed import Token
from platformctl.domain.rollout import Rollout
from platformctl.render.knative import record, record_name

_LIMIT = 900 * 1024
"""Bytes of a rollout: a ConfigMap has 1 MiB."""


class Records:
    """The records of a namespace.

    Args:
        api: The cluster.
        shape: What is known of it.
        holder: Who we are, in words.
        takes_over: Whether fields that another manager has set are taken over.
    """

    def __init__(self, api: Api, shape: Shape, holder: str, *, takes_over: bool = False) -> None:
        self._api = api
        self._shape = shape
        self._holder = holder
        self._takes_over = takes_over

    def read(self, deployment: Name) -> Recorded | None:
        """What is recorded; None: there is no such deployment.

        Raises:
            Refused: There is a ConfigMap of that name which is not ours.
            StateCorrupt: It cannot be read.
        """
        found = self._api.get(CONFIG_MAP, record_name(deployment))
        return state.read(found) if found is not None else None

    def all(self) -> Sequence[Manifest]:
        """The ConfigMaps."""
        ours = f"{manifests.MANAGED_BY}={manifests.MANAGER},{HOLDS}=rollout"
        return self._api.list(CONFIG_MAP, ours)

    def commit(self, deployment: Name, rollout: Rollout, token: Token) -> Recorded:
        """Replace the rollout, if the token is that of what is recorded.

        Raises:
            Conflict: Somebody else has committed, or another manager has set a field.
        """

        def replace(before: Recorded | None) -> Recorded:
            compare(deployment, before, token)
            number = before.number + 1 if before else 1
            fitted = state.fitted(rollout, _LIMIT)
            rendered = record(deployment, fitted, self._shape)
            wanted = _marked(rendered, state.commit(number, self._holder), before)
            written = write(self._api, wanted, is_new=before is None, takes_over=self._takes_over)
            return state.read(written)

        return until_fresh(lambda: self.read(deployment), replace, f"configmap {record_name(deployment)}")

    def forget(self, deployment: Name, token: Token) -> None:
        """Remove the record.

        Raises:
            Conflict: Somebody else has committed since.
        """

        def remove(before: Recorded | None) -> None:
            compare(deployment, before, token)
            if before is not None:
                self._api.delete(CONFIG_MAP, name(before.manifest), resource_version=before.version)

        until_fresh(lambda: self.read(deployment), remove, f"configmap {record_name(deployment)}")


def _marked(rendered: Manifest, commit: str, before: Recorded | None) -> dict[str, Any]:
    metadata = dict(rendered["metadata"])
    if before is not None:
        metadata["resourceVersion"] = text(before.manifest, "metadata", "resourceVersion")
    return {**rendered, "metadata": metadata, "data": {**rendered["data"], "commit": commit}}
