"""Whether the taints of a node keep a pod away. Pure.

The rules of k8s.io/api/core/v1.Toleration.ToleratesTaint.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.domain.manifests import Manifest
from platformctl.domain.resources import Toleration

_STRICT = ("NoSchedule", "NoExecute")


def keeps_away(node: Manifest, tolerations: Iterable[Toleration]) -> list[str]:
    """The keys of the taints that are not tolerated."""
    taints = [one for one in objects.entries(node, "spec", "taints") if one.get("effect") in _STRICT]
    known = list(tolerations)
    return [objects.text(one, "key") for one in taints if not any(_tolerates(two, one) for two in known)]


def _tolerates(toleration: Toleration, taint: Mapping[str, Any]) -> bool:
    if toleration.effect is not None and toleration.effect != taint.get("effect"):
        return False
    if toleration.key is not None and toleration.key != taint.get("key"):
        return False
    return toleration.operator == "Exists" or toleration.value == objects.text(taint, "value")
