"""Whether the nodes' GPUs hold a revision: what has to be asked of the cluster for that."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from platformctl.adapters.cluster.api import kinds, objects
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.gpus import free as gpus
from platformctl.adapters.cluster.gpus import plan as gpu_plan
from platformctl.adapters.cluster.state import recorded as state
from platformctl.domain.cluster import Mode
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import Revision, Scale
from platformctl.render.knative import record_name

_GROWS_BY_LABEL = ("karpenter.sh/nodepool", "karpenter.sh/provisioner-name")
_NOTHING: Mapping[str, Decimal] = MappingProxyType({})
_AUTOSCALER = "cluster-autoscaler-status"


def findings(
    api: Api,
    revision: Revision,
    scale: Scale,
    *,
    mode: Mode = Mode.STANDARD,
    beside: Mapping[str, Decimal] = _NOTHING,
) -> Sequence[Finding]:
    """What is to be said of a revision's GPUs; nothing if it wants none.

    Args:
        api: The cluster.
        revision: The one that is to be made.
        scale: What it is to have.
        mode: That of its deployment.
        beside: What each replica asks for more than its servers do, by resource.
    """
    wanted = gpus.ask(revision, beside)
    if wanted is None:
        return []
    try:
        nodes, pods = api.list(kinds.NODE), api.list(kinds.POD, namespace="")
        weights = _weights(api, revision.deployment, mode)
    except PlatformctlError as error:
        return [_unknown(error)]
    hosts = gpus.hosts(wanted, nodes, pods)
    asked = 0 if scale.shared else scale.minimum
    found = gpu_plan.plan(wanted, hosts, gpu_plan.placed(revision, pods, weights), asked)
    return gpu_plan.findings(revision, wanted, hosts, found, grows=_grows(api, nodes))


def room(api: Api, revision: Revision, *, beside: Mapping[str, Decimal] = _NOTHING) -> int | None:
    """How many replicas have GPUs once all others of the deployment are gone; `beside` as of `findings`.

    None: it wants none, or nodes are added where there are none, or we may not look.
    """
    wanted = gpus.ask(revision, beside)
    if wanted is None:
        return None
    try:
        nodes, pods = api.list(kinds.NODE), api.list(kinds.POD, namespace="")
    except PlatformctlError:
        return None
    if _grows(api, nodes):
        return None
    there = gpu_plan.live(revision, pods)
    return gpus.room(wanted, gpus.hosts(wanted, nodes, pods), given_back=there)


def _weights(api: Api, name: Name, mode: Mode) -> Mapping[RevisionId, int]:
    record = (kinds.HTTP_ROUTE, name) if mode is Mode.STANDARD else (kinds.CONFIG_MAP, record_name(name))
    found = api.get(*record)
    return state.read(found).route.weights if found is not None else {}


def _grows(api: Api, nodes: Sequence[Manifest]) -> bool:
    """Whether something adds nodes where pods find none."""
    if any(objects.label(node, key) for node in nodes for key in _GROWS_BY_LABEL):
        return True
    try:
        return api.get(kinds.CONFIG_MAP, _AUTOSCALER, "kube-system") is not None
    except PlatformctlError:
        return False


def _unknown(error: PlatformctlError) -> Finding:
    text = f"whether there are GPUs for it is not known: {error.message}"
    return Finding(Severity.INFO, text, "spec.resources.gpu", error.hint or "")
