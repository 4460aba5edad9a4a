"""What a cluster has to be: `doctor` shows all of it, `deploy` stops at an error and applies nothing."""

from collections.abc import Sequence

from platformctl.adapters.cluster import gpu_room, rights
from platformctl.adapters.cluster.api import Api
from platformctl.adapters.cluster.checking import images, kserve, permissions, place, scaling, storage
from platformctl.adapters.cluster.checking.check import Check, refuse
from platformctl.adapters.cluster.checking.check import findings as as_findings
from platformctl.adapters.cluster.discovery import Live, discover
from platformctl.adapters.cluster.rights import NAMED, RIGHTS
from platformctl.domain.cluster import Shape
from platformctl.domain.observed import Finding
from platformctl.domain.revision import Revision, Scale


def of_cluster(live: Live, shape: Shape) -> list[Check]:
    """What every deployment needs. Pure."""
    return [
        *place.namespace(live, shape),
        *kserve.checks(live, shape.kserve),
        place.entrance(live, shape),
        *storage.checks(live, shape),
        *images.checks(live, shape),
    ]


def all_of(api: Api, shape: Shape) -> list[Check]:
    """Everything that `doctor` shows.

    Raises:
        SpecError: No cluster is configured.
        Unreachable: It does not answer, or does not know us.
    """
    live = discover(api, shape)
    return [
        Check(
            "cluster", f"{api.place}, Kubernetes {live.kubernetes.removeprefix('v') or 'of unknown version'}"
        ),
        *permissions.checks(rights.lacking(api, shape), shape),
        *of_cluster(live, shape),
        *scaling.checks(live),
    ]


def findings(api: Api, shape: Shape, revision: Revision, scale: Scale) -> Sequence[Finding]:
    """What speaks against a revision on this cluster.

    Raises:
        SpecError: No cluster is configured.
        Refused: The cluster is not one that can be deployed to.
        Unreachable: It does not answer, or does not know us.
    """
    live = discover(api, shape)
    changing = [right for right in RIGHTS if right.scope == NAMED and right.needed]
    checks = of_cluster(live, shape)
    refuse([*checks, *(permissions.lack(one, shape) for one in rights.lacking(api, shape, changing))])
    found = as_findings([*checks, *scaling.asked(live, scale)])
    return [*found, *gpu_room.findings(api, revision, scale)]
