"""GPUs and other devices of the nodes: how many there are, and how many no pod has asked for."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.api.amounts import amounts, asked_by
from platformctl.adapters.cluster.checking.check import Check
from platformctl.domain.manifests import Manifest
from platformctl.domain.resources import PRODUCT_LABEL

_OVER = ("Failed", "Succeeded")


def resources(node: Manifest) -> Mapping[str, Decimal]:
    """A node's devices: what has a vendor's name before it."""
    whole = amounts(objects.mapping(node, "status", "allocatable"))
    return {name: amount for name, amount in whole.items() if "/" in name and amount}


def checks(nodes: Iterable[Manifest], pods: Iterable[Manifest]) -> Iterator[Check]:
    """A line a kind of device."""
    found = {objects.name(node): node for node in nodes if resources(node)}
    if not found:
        yield Check("gpus", "no node has any: spec.resources.gpu cannot be met")
        return
    taken = _taken(pods)
    for resource in sorted({name for node in found.values() for name in resources(node)}):
        yield _line(resource, [node for node in found.values() if resource in resources(node)], taken)


def _line(resource: str, nodes: list[Manifest], taken: Mapping[tuple[str, str], Decimal]) -> Check:
    whole = sum(resources(node)[resource] for node in nodes)
    free = whole - sum(taken.get((objects.name(node), resource), Decimal(0)) for node in nodes)
    products = sorted({label for node in nodes if (label := objects.label(node, PRODUCT_LABEL))})
    what = f" ({', '.join(products)})" if products else ""
    nodes_ = f"{len(nodes)} node{'s' * (len(nodes) != 1)}"
    return Check("gpus", f"{resource}: {free:f} of {whole:f} are free, on {nodes_}{what}")


def _taken(pods: Iterable[Manifest]) -> Mapping[tuple[str, str], Decimal]:
    """By node and resource what pods have asked for."""
    taken: dict[tuple[str, str], Decimal] = {}
    for pod in pods:
        if objects.text(pod, "status", "phase") in _OVER:
            continue
        node = objects.text(pod, "spec", "nodeName")
        for resource, amount in asked_by(pod).items():
            taken[node, resource] = taken.get((node, resource), Decimal(0)) + amount
    return taken
