"""What the nodes' GPUs mean for a revision, before it is made: whether it fits, and what would. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.gpus import free as gpus
from platformctl.adapters.cluster.gpus.free import Ask, Host
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.resources import PRODUCT_LABEL
from platformctl.domain.revision import Revision

_FIELD = "spec.resources.gpu"
_TOLERATIONS = "spec.resources.tolerations"


@dataclass(frozen=True)
class Plan:
    """What can be done.

    Args:
        needed: Replicas that the revision needs and has not.
        free: Replicas for which there are GPUs now.
        serving: Replicas of the revision of the deployment that has most of them.
        without_idle: Replicas for which there are GPUs once revisions without weight are gone.
    """

    needed: int
    free: int
    serving: int = 0
    without_idle: int = 0

    @property
    def share(self) -> int:
        """The largest share that the free GPUs let it take, in percent."""
        return gpus.largest_share(self.serving, self.free) if self.serving else 100

    @property
    def stages(self) -> Sequence[gpus.Stage]:
        """The way to replace what serves with the GPUs that there are."""
        return gpus.stages(self.serving, self.free) if self.serving else ()


@dataclass(frozen=True)
class Placed:
    """Replicas of a deployment that have their GPUs.

    Args:
        mine: Of the revision that is to be made.
        serving: Of the one with weight that has most.
        idle: The revisions without weight.
    """

    mine: int = 0
    serving: int = 0
    idle: tuple[RevisionId, ...] = ()


def placed(revision: Revision, pods: Iterable[Manifest], weights: Mapping[RevisionId, int]) -> Placed:
    """The replicas of the revision's deployment.

    Args:
        revision: The one that is to be made.
        pods: All pods.
        weights: The shares of the deployment's revisions; one that is not named has none.
    """
    others = live(revision, pods)
    mine = others.pop(revision.id, 0)
    idle = tuple(other for other in others if not weights.get(other))
    serving = [count for other, count in others.items() if other not in idle]
    return Placed(mine, max(serving, default=0), idle)


def plan(wanted: Ask, hosts: Sequence[Host], there: Placed, minimum: int) -> Plan:
    """What can be done with a revision that is to have `minimum` replicas."""
    return Plan(
        needed=max(0, minimum - there.mine),
        free=gpus.room(wanted, hosts),
        serving=there.serving,
        without_idle=gpus.room(wanted, hosts, given_back=there.idle),
    )


def findings(
    revision: Revision, wanted: Ask, hosts: Sequence[Host], found: Plan, *, grows: bool
) -> list[Finding]:
    """What is to be said of it.

    Args:
        revision: The one that is to be made.
        wanted: What one replica of it wants.
        hosts: The nodes that it may run on.
        found: What can be done.
        grows: Whether something adds nodes where pods find none; then nothing is impossible.
    """
    if not found.needed:
        return []
    worst = Severity.WARNING if grows else Severity.ERROR
    largest = max((host.whole[wanted.gpu.resource] for host in hosts), default=None)
    if largest is None:
        return [Finding(worst, f"no node has {_what(wanted)}", _FIELD, _where(wanted))]
    if largest < wanted.gpu.count:
        text = (
            f"a replica wants {wanted.gpu.count} {wanted.gpu.resource}, and no node has more than {largest}"
        )
        return [Finding(worst, text, f"{_FIELD}.count", f"ask for at most {largest} a replica")]
    if found.free < found.needed:
        return [Finding(worst, _lacking(wanted, found), _FIELD, _way_out(revision, found, grows=grows))]
    tight = [_tight(revision, found)] if found.share < 100 else []  # noqa: PLR2004 - percent
    return [*tight, *_tainted(hosts)]


def _lacking(wanted: Ask, found: Plan) -> str:
    each = f"{wanted.gpu.count} {_what(wanted)} each"
    are = "none is" if found.free == 0 else f"only {found.free} would be"
    return f"{found.needed} replicas with {each} do not fit on the nodes: {are} placed"


def _way_out(revision: Revision, found: Plan, *, grows: bool) -> str:
    ways = []
    if found.without_idle >= found.needed:
        ways.append(
            f"platformctl prune {revision.deployment} --keep 0 gives back those of revisions without weight"
        )
    if found.serving and found.free:
        ways.append(
            f"give it less: platformctl deploy {revision.deployment} --canary {max(1, min(99, found.share))}"
        )
    if found.serving and found.serving + found.without_idle > 1 and not grows:
        ways.append("let what serves shrink as it grows: --gpu-shift staged")
    if found.free:
        ways.append(f"lower spec.scaling.min to {found.free}")
    ways.append("wait for the node that is added" if grows else "add a node")
    return ", or ".join(ways)


def _tight(revision: Revision, found: Plan) -> Finding:
    """It gets ready, and there is no room for as many replicas as what serves has."""
    steps = ", ".join(f"{stage.share} %" for stage in found.stages)
    text = (
        f"there are GPUs for {found.free} more replicas, and what serves has {found.serving}: it can take "
        f"{found.share} % at most before those are given back" + (f" (in stages: {steps})" if steps else "")
    )
    hint = f"platformctl deploy {revision.deployment} --canary {max(1, found.share)}"
    return Finding(Severity.WARNING, text, _FIELD, hint)


def _tainted(hosts: Sequence[Host]) -> list[Finding]:
    keys = {host.taint for host in hosts}
    if "" in keys or not keys:
        return []
    text = f"the nodes with these GPUs keep other pods away (taint {', '.join(sorted(keys))})"
    return [
        Finding(Severity.WARNING, text, _TOLERATIONS, "tolerate it, unless the cluster does that by itself")
    ]


def _what(wanted: Ask) -> str:
    return f"{wanted.gpu.resource} ({wanted.gpu.product})" if wanted.gpu.product else wanted.gpu.resource


def _where(wanted: Ask) -> str:
    if wanted.labels:
        shown = ", ".join(f"{key}={value}" for key, value in sorted(wanted.labels.items()))
        return f"kubectl get nodes -L {PRODUCT_LABEL} shows what there is; asked for: {shown}"
    return "is the device plugin of the GPUs installed? kubectl describe nodes"


def live(revision: Revision, pods: Iterable[Manifest]) -> dict[RevisionId, int]:
    """Pods on nodes, by revision of the same deployment; its predictors, which are those with GPUs."""
    counts: dict[RevisionId, int] = {}
    for pod in pods:
        ours = objects.label(pod, DEPLOYMENT) == revision.deployment
        over = objects.text(pod, "status", "phase") in {"Failed", "Succeeded"}
        if ours and not over and objects.text(pod, "spec", "nodeName") and _predicts(pod):
            other = RevisionId(objects.label(pod, REVISION))
            counts[other] = counts.get(other, 0) + 1
    return counts


def _predicts(pod: Manifest) -> bool:
    return objects.label(pod, "component") in {"", "predictor"}
