"""What a cluster has to be: `doctor` shows all of it, `deploy` stops at an error and applies nothing."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import NODE, POD
from platformctl.adapters.cluster.checking import (
    devices,
    features,
    hosts,
    images,
    ingress,
    knative,
    kserve,
    permissions,
    place,
    pod_security,
    queue_proxy,
    quota,
    rights,
    scaling,
    storage,
    tags,
)
from platformctl.adapters.cluster.checking.check import Check, refuse
from platformctl.adapters.cluster.checking.check import findings as as_findings
from platformctl.adapters.cluster.checking.discovery import Absent, Live, account, containers, discover, there
from platformctl.adapters.cluster.checking.serving import Serving, look
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import Revision, Scale
from platformctl.render import knative as render_knative
from platformctl.render import storage as render_storage


def of_cluster(live: Live, shape: Shape) -> list[Check]:
    """What every deployment in Standard mode needs. Pure."""
    return [*_of_both(live, shape), place.entrance(live, shape), *_of_pods(live, shape)]


def of_knative(live: Live, serving: Serving, shape: Shape, now: datetime) -> list[Check]:
    """What every deployment in Knative mode needs. Pure."""
    return [
        *_of_both(live, shape),
        *(_at_work(live, serving, shape, now) if live.has_knative else knative.absent(live)),
        *_of_pods(live, shape),
    ]


def all_of(api: Api, shape: Shape, chosen: Mode | None = None) -> list[Check]:
    """Everything that `doctor` shows.

    Args:
        api: The cluster.
        shape: What is known of it.
        chosen: The mode of new deployments; None: the cluster's default. What only the other one needs is no
            error.

    Raises:
        SpecError: No cluster is configured.
        Unreachable: It does not answer, or does not know us.
    """
    live = discover(api, shape)
    mode = chosen or live.new
    modes = Mode if live.has_knative or mode is Mode.KNATIVE else (mode,)
    asked = rights.of(*modes)
    return [
        Check(
            "cluster", f"{api.place}, Kubernetes {live.kubernetes.removeprefix('v') or 'of unknown version'}"
        ),
        *permissions.checks(rights.lacking(api, shape, asked), asked, shape, mode),
        *_of_both(live, shape),
        *_of_standard(live, shape, mode),
        *_of_knative(api, live, shape, mode),
        *_of_pods(live, shape),
        *scaling.checks(live),
        *_devices(api),
    ]


def _of_both(live: Live, shape: Shape) -> list[Check]:
    return [*place.namespace(live, shape), *kserve.checks(live, shape.kserve)]


def _of_pods(live: Live, shape: Shape) -> list[Check]:
    return [*storage.checks(live, shape), *images.checks(live, shape)]


def _of_standard(live: Live, shape: Shape, mode: Mode) -> list[Check]:
    if mode is Mode.STANDARD:
        return [place.entrance(live, shape)]
    if not place.has_gateways(live):
        return [Check("gateway", "the Gateway API is not installed; only Standard mode needs it")]
    return [_only(place.entrance(live, shape), Mode.STANDARD)]


def _of_knative(api: Api, live: Live, shape: Shape, mode: Mode) -> list[Check]:
    if not live.has_knative:
        return (
            knative.absent(live)
            if mode is Mode.KNATIVE
            else [Check("knative", "not installed; only Knative mode needs it")]
        )
    serving = look(api)
    found = [
        *_at_work(live, serving, shape, datetime.now(UTC)),
        *pod_security.checks(live, serving),
        *tags.checks(serving, (shape.images.predictor, shape.images.transformer)),
        queue_proxy.check(serving),
    ]
    return found if mode is Mode.KNATIVE else [_only(check, Mode.KNATIVE) for check in found]


def _at_work(live: Live, serving: Serving, shape: Shape, now: datetime) -> list[Check]:
    at_work = [*knative.checks(live, serving), *ingress.checks(serving, now)]
    return [*at_work, *quota.checks(serving, shape.namespace)]


def _only(check: Check, mode: Mode) -> Check:
    """What is wrong for deployments that are in another mode than new ones are."""
    if check.severity is None:
        return check
    return replace(check, text=f"{check.text} (for {mode.capitalize()} mode)", severity=Severity.WARNING)


def _devices(api: Api) -> list[Check]:
    try:
        nodes = api.list(NODE)
        pods = api.list(POD, namespace="") if any(map(devices.resources, nodes)) else []
    except PlatformctlError:  # why is said of the rights
        return [Check("gpus", "not known: we may not look at all nodes and pods")]
    return list(devices.checks(nodes, pods))


def findings(api: Api, shape: Shape, revision: Revision, scale: Scale) -> Sequence[Finding]:
    """What speaks against a revision in Standard mode on this cluster.

    Raises:
        SpecError: No cluster is configured.
        Refused: The cluster is not one that can be deployed to.
        Unreachable: It does not answer, or does not know us.
    """
    live = discover(api, shape)
    checks = of_cluster(live, shape)
    refuse([*checks, *_lacking(api, shape, Mode.STANDARD)])
    asked = [*hosts.asked(live, shape.namespace, revision), *scaling.asked(live, scale)]
    found = as_findings([*checks, *asked, *_downloads(api, shape, revision)])
    return [*found, *gpu_room.findings(api, revision, scale)]


def knative_findings(api: Api, shape: Shape, revision: Revision, scale: Scale) -> Sequence[Finding]:
    """What speaks against a revision in Knative mode on this cluster; raises as `findings` does.

    Raises:
        SpecError: No cluster is configured; or the revision cannot be rendered for Knative mode.
        Refused: The cluster is not one that can be deployed to.
        Unreachable: It does not answer, or does not know us.
    """
    service = render_knative.service(revision, scale, 0, shape)
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look, api)
        live, serving = discover(api, shape), looking.result()
    checks = of_knative(live, serving, shape, datetime.now(UTC))
    refuse([*checks, *_lacking(api, shape, Mode.KNATIVE)])
    predictor = service["spec"]["predictor"]
    asked = [
        *features.asked(serving, predictor),
        *tags.checks(serving, (container["image"] for container in predictor["containers"])),
        *scaling.asked_of_knative(live, serving, service),
        *pod_security.asked(live, serving, render_storage.uri(revision.model, shape.storage)),
        queue_proxy.asked(serving, predictor),
    ]
    found = as_findings([*checks, *asked, *_downloads(api, shape, revision)])
    beside = queue_proxy.requests(serving)
    return [*found, *gpu_room.findings(api, revision, scale, mode=Mode.KNATIVE, beside=beside)]


def _lacking(api: Api, shape: Shape, mode: Mode) -> list[Check]:
    needed = [right for right in rights.of(mode) if right.needed]
    return [permissions.lack(one, shape, mode) for one in rights.lacking(api, shape, needed)]


def _downloads(api: Api, shape: Shape, revision: Revision) -> list[Check]:
    uri = render_storage.uri(revision.model, shape.storage)
    if not uri.startswith(f"{render_storage.PROXIED}:"):
        configured = shape.storage.secret or shape.storage.service_account
        return [] if configured else storage.unsigned(uri, account(api, "default", shape.namespace))
    found = containers(api)
    wanted = [] if isinstance(found, Absent) else storage.secrets_of(uri, found)
    return [storage.proxied(uri, found, there(api, wanted, shape.namespace), shape.namespace)]
