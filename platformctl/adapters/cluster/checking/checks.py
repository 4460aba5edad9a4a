"""What a cluster has to be: `doctor` shows all of it, `deploy` stops at an error and applies nothing."""

from collections.abc import Sequence

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import NODE, POD
from platformctl.adapters.cluster.checking import (
    devices,
    hosts,
    images,
    kserve,
    permissions,
    place,
    rights,
    scaling,
    storage,
)
from platformctl.adapters.cluster.checking.check import Check, refuse
from platformctl.adapters.cluster.checking.check import findings as as_findings
from platformctl.adapters.cluster.checking.discovery import Absent, Live, account, containers, discover, there
from platformctl.adapters.cluster.checking.rights import RIGHTS
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.observed import Finding
from platformctl.domain.revision import Revision, Scale
from platformctl.render import storage as render_storage


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
        *_devices(api),
    ]


def _devices(api: Api) -> list[Check]:
    try:
        nodes = api.list(NODE)
        pods = api.list(POD, namespace="") if any(map(devices.resources, nodes)) else []
    except PlatformctlError:  # why is said of the rights
        return [Check("gpus", "not known: we may not look at all nodes and pods")]
    return list(devices.checks(nodes, pods))


def findings(api: Api, shape: Shape, revision: Revision, scale: Scale) -> Sequence[Finding]:
    """What speaks against a revision on this cluster.

    Raises:
        SpecError: No cluster is configured.
        Refused: The cluster is not one that can be deployed to.
        Unreachable: It does not answer, or does not know us.
    """
    live = discover(api, shape)
    needed = [right for right in RIGHTS if right.needed]
    checks = of_cluster(live, shape)
    refuse([*checks, *(permissions.lack(one, shape) for one in rights.lacking(api, shape, needed))])
    asked = [*hosts.asked(live, shape.namespace, revision), *scaling.asked(live, scale)]
    found = as_findings([*checks, *asked, *_downloads(api, shape, revision)])
    return [*found, *gpu_room.findings(api, revision, scale)]


def _downloads(api: Api, shape: Shape, revision: Revision) -> list[Check]:
    uri = render_storage.uri(revision.model, shape.storage)
    if not uri.startswith(f"{render_storage.PROXIED}:"):
        configured = shape.storage.secret or shape.storage.service_account
        return [] if configured else storage.unsigned(uri, account(api, "default", shape.namespace))
    found = containers(api)
    wanted = [] if isinstance(found, Absent) else storage.secrets_of(uri, found)
    return [storage.proxied(uri, found, there(api, wanted, shape.namespace), shape.namespace)]
