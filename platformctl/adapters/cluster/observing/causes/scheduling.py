"""Why a pod has no node: what the scheduler said. Pure.

Always with hope: somebody may add a node (an autoscaler does), or take another pod away. Only a claim that
does not exist comes from nowhere.
"""

import re
from collections.abc import Mapping

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened
from platformctl.adapters.cluster.observing.causes.settings import APPEARS
from platformctl.domain.manifests import Manifest

_ADD = "add a node that has it, or lower"
_RULES = (
    Rule(
        r"persistentvolumeclaim \"([^\"]+)\" not found",
        "PersistentVolumeClaim {1} is missing",
        "it must be in the same namespace: kubectl get pvc",
        APPEARS,
    ),
    Rule(
        r"unbound immediate PersistentVolumeClaims|available persistent volumes to bind|non-existent pv",
        "its PersistentVolumeClaim has no volume yet",
        "kubectl describe pvc says why",
        None,
    ),
    Rule(
        r"volume node affinity conflict|PersistentVolume's node affinity|no available volume zone",
        "its volume is on another node than those with room for it: {said}",
        "use a volume that several nodes can read, or free its node",
        None,
    ),
    Rule(
        r"Insufficient (?!cpu|memory|ephemeral-storage|pods)(\S+?)(?=[,. ]|\.$|$)",
        "no node has {asks} free: {said}",
        "platformctl prune and lower spec.scaling free some; else add a node",
        None,
    ),
    Rule(r"Insufficient cpu", "no node has {asks} free: {said}", f"{_ADD} spec.resources.cpu", None),
    Rule(r"Insufficient memory", "no node has {asks} free: {said}", f"{_ADD} spec.resources.memory", None),
    Rule(r"Too many pods", "the nodes run as many pods as they may: {said}", "add a node", None),
    Rule(
        r"didn't match Pod's node affinity/selector|node\(s\) didn't match node selector",
        "no node has the labels that it asks for ({selector}): {said}",
        "kubectl get nodes --show-labels; spec.resources.nodeSelector, spec.resources.gpu.product",
        None,
    ),
    Rule(
        r"untolerated taint",
        "the nodes that would do have a taint against other pods: {said}",
        "kubectl describe nodes names it; spec.resources.tolerations, unless it says that a node is not well",
        None,
    ),
    Rule(
        r"were unschedulable|no nodes available",
        "no node takes pods: {said}",
        "kubectl get nodes; kubectl uncordon NODE",
        None,
    ),
)


def cause(pod: Manifest, lasted: float) -> Cause | None:
    """Why it has no node; None if it has one.

    Args:
        pod: The pod.
        lasted: Seconds since it was made.
    """
    scheduled = objects.condition(pod, "PodScheduled")
    if scheduled.get("status") == "True" or objects.text(pod, "spec", "nodeName"):
        return None
    message = objects.text(scheduled, "message")
    if not message:
        return Cause("waits for a node", trouble=False)
    said = _said(message)
    found = by_rules(_RULES, said, lasted, said=said, asks=_asks(pod), selector=_selector(pod))
    return found or Cause(f"no node takes it: {said}")


def asked(pod: Manifest) -> Mapping[str, str]:
    """What its containers ask for, by resource; of several containers the first that asks."""
    found: dict[str, str] = {}
    for container in objects.entries(pod, "spec", "containers"):
        for resource, amount in objects.mapping(container, "resources", "requests").items():
            found.setdefault(resource, str(amount))
    return found


def _asks(pod: Manifest) -> str:
    return ", ".join(f"{amount} {resource}" for resource, amount in sorted(asked(pod).items()))


def _selector(pod: Manifest) -> str:
    selector = objects.mapping(pod, "spec", "nodeSelector")
    return ", ".join(f"{key}={value}" for key, value in sorted(selector.items())) or "by affinity"


def _said(message: str) -> str:
    """Without what it thought of taking other pods away for."""
    return shortened(re.split(r"\.? (?:preemption:|no new claims to deallocate)", message)[0].rstrip(". "))
