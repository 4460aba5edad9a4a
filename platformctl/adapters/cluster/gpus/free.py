"""Which GPUs are free, and what can be done with them. Pure: from nodes, and from the pods on them.

A replica runs on one node, so eight nodes with one GPU each hold no replica that wants two.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.api.amounts import amounts, asked_by, parse
from platformctl.adapters.cluster.gpus.taints import keeps_away
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.resources import PRODUCT_LABEL, Gpu, Toleration
from platformctl.domain.revision import Revision

_OVER = ("Failed", "Succeeded")


@dataclass(frozen=True)
class Ask:
    """What one replica wants of a node.

    Args:
        gpu: Which GPUs, and how many.
        amounts: Of every resource, those GPUs among them: cores, bytes, devices.
        labels: That the node has to have.
    """

    gpu: Gpu
    amounts: Mapping[str, Decimal]
    labels: Mapping[str, str]
    tolerations: tuple[Toleration, ...] = ()


@dataclass(frozen=True)
class Host:
    """A node that a replica may run on, as far as labels and taints go.

    Args:
        whole: What pods may have of it, by resource.
        free: What no pod has asked for.
        held: What pods of ours have of the GPUs, by revision.
        taint: The taint that would keep a replica away, if it is one that some clusters tolerate by
            themselves: that of the GPUs' own name.
    """

    name: str
    whole: Mapping[str, Decimal]
    free: Mapping[str, Decimal]
    held: Mapping[str, Decimal]
    taint: str = ""


@dataclass(frozen=True)
class Stage:
    """A step of a shift in which old replicas go as new ones come.

    Args:
        new: Replicas of the new revision.
        share: What it takes then, in percent.
        old: Replicas that the old one keeps.
    """

    new: int
    share: int
    old: int


def ask(revision: Revision, beside: Mapping[str, Decimal]) -> Ask | None:
    """What one replica wants, `beside` its servers what else is in its pod; None if it wants no GPU."""
    resources, gpu = revision.resources, revision.resources.gpus
    if gpu is None:
        return None
    product = {PRODUCT_LABEL: gpu.product} if gpu.product else {}
    return Ask(
        gpu,
        {
            gpu.resource: Decimal(gpu.count),
            "cpu": parse(resources.cpu) + beside.get("cpu", 0),
            "memory": parse(resources.memory) + beside.get("memory", 0),
        },
        {**resources.node_selector, **product},
        resources.tolerations,
    )


def hosts(wanted: Ask, nodes: Iterable[Manifest], pods: Iterable[Manifest]) -> list[Host]:
    """The nodes that a replica may run on, whether there is room or not."""
    placed = [pod for pod in pods if objects.text(pod, "status", "phase") not in _OVER]
    found = [_host(wanted, node, placed) for node in nodes if _is_open(node) and _has(node, wanted.labels)]
    return [host for host in found if host is not None and host.whole.get(wanted.gpu.resource)]


def room(wanted: Ask, found: Iterable[Host], *, given_back: Iterable[str] = ()) -> int:
    """How many more replicas find a node.

    Args:
        wanted: What each wants.
        found: The nodes.
        given_back: Revisions of ours that are gone by then. Only their GPUs count as given back.
    """
    freed = frozenset(given_back)
    return sum(_fits(wanted, host, freed) for host in found)


def largest_share(replicas: int, free: int) -> int:
    """The largest share in percent that `free` replicas may take from `replicas`: 0 to 100."""
    return 100 if free >= replicas else 100 * free // replicas


def stages(old: int, free: int) -> Sequence[Stage]:
    """How a revision of `old` replicas is replaced where only `free` more fit; empty if not without a gap.

    At each step both have the replicas that their shares need, to the percent.
    """
    new, keeps, steps = 0, old, list[Stage]()
    while new < old:
        spare = free + old - keeps - new
        if spare <= 0:
            return ()
        new = min(old, new + spare)
        share = largest_share(old, new)
        if share == 0:
            return ()
        keeps = max(0, -(-old * (99 - share) // 100))
        steps.append(Stage(new, share, keeps))
    return steps


def _fits(wanted: Ask, host: Host, freed: frozenset[str]) -> int:
    resource = wanted.gpu.resource
    back = sum((amount for revision, amount in host.held.items() if revision in freed), Decimal(0))
    free = {**host.free, resource: host.free.get(resource, Decimal(0)) + back}
    needed = {key: amount for key, amount in wanted.amounts.items() if amount}
    if back:  # what else those pods had is not known: the GPUs are what is scarce
        needed = {resource: needed[resource]}
    return max(0, min(int(free.get(key, Decimal(0)) // amount) for key, amount in needed.items()))


def _host(wanted: Ask, node: Manifest, pods: Iterable[Manifest]) -> Host | None:
    away = keeps_away(node, wanted.tolerations)
    own = [taint for taint in away if taint == wanted.gpu.resource]
    if len(own) < len(away):
        return None
    name = objects.name(node)
    here = [pod for pod in pods if objects.text(pod, "spec", "nodeName") == name]
    whole = amounts(objects.mapping(node, "status", "allocatable"))
    taken, held = dict[str, Decimal](), dict[str, Decimal]()
    for pod in here:
        asked = asked_by(pod)
        for resource, amount in asked.items():
            taken[resource] = taken.get(resource, Decimal(0)) + amount
        revision = objects.label(pod, REVISION)
        if revision:
            held[revision] = held.get(revision, Decimal(0)) + asked.get(wanted.gpu.resource, Decimal(0))
    free = {resource: amount - taken.get(resource, Decimal(0)) for resource, amount in whole.items()}
    return Host(name, whole, free, held, own[0] if own else "")


def _is_open(node: Manifest) -> bool:
    ready = objects.condition(node, "Ready").get("status") == "True"
    return ready and objects.at(node, "spec", "unschedulable") is not True


def _has(node: Manifest, labels: Mapping[str, str]) -> bool:
    return all(objects.label(node, key) == value for key, value in labels.items())
