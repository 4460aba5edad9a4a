"""Quotas that let no pod in whose queue-proxy names less than they count.

A quota of cpu or memory wants every container of a pod to name it, or a LimitRange that does so for those
that do not; of no other resource. Source: pkg/quota/v1/evaluator/core/pods.go of Kubernetes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from platformctl.adapters.cluster.api.objects import entries, mapping, name, text
from platformctl.adapters.cluster.checking import queue_proxy
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent
from platformctl.adapters.cluster.checking.serving import NAMESPACE, Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity

_WANTED: Mapping[str, tuple[str, ...]] = {
    "requests.cpu": ("requests.cpu", "cpu"),
    "requests.memory": ("requests.memory", "memory"),
    "limits.cpu": ("limits.cpu",),
    "limits.memory": ("limits.memory",),
}
"""What a container has to name, by the keys of a quota that want it."""

_OURS = frozenset({"NotTerminating", "NotBestEffort"})
"""The scopes that all of our pods are in; of one by priority it is not known."""


def checks(serving: Serving, namespace: str) -> Iterator[Check]:
    """A check for each quota that wants more than is named; nothing where we may not look."""
    if isinstance(serving.quotas, Absent) or isinstance(serving.config, Absent):
        return
    named = queue_proxy.named(serving) | _by_default(serving.limit_ranges)
    for quota in serving.quotas:
        lacking = [wanted for wanted in _wanted(quota) if wanted not in named]
        if lacking:
            yield _refused(name(quota), lacking, namespace, serving.limit_ranges)


def _wanted(quota: Manifest) -> Iterator[str]:
    spec = mapping(quota, "spec")
    selected = entries(spec, "scopeSelector", "matchExpressions")
    scopes = {*(spec.get("scopes") or ()), *(text(one, "scopeName") for one in selected)}
    hard = mapping(spec, "hard")
    if scopes <= _OURS:
        yield from (wanted for wanted, keys in _WANTED.items() if any(key in hard for key in keys))


def _by_default(ranges: Sequence[Manifest] | Absent) -> set[str]:
    """What a LimitRange names for a container that does not. A limit alone is a request too."""
    found = () if isinstance(ranges, Absent) else ranges
    limits = [one for each in found for one in entries(each, "spec", "limits") if _is_of_containers(one)]
    asked = {resource for one in limits for resource in mapping(one, "defaultRequest")}
    limited = {resource for one in limits for resource in mapping(one, "default")}
    return {f"requests.{one}" for one in asked | limited} | {f"limits.{one}" for one in limited}


def _is_of_containers(limit: Manifest) -> bool:
    return text(limit, "type") == "Container"


def _refused(
    quota: str, lacking: Sequence[str], namespace: str, ranges: Sequence[Manifest] | Absent
) -> Check:
    message = (
        f"quota {quota} of namespace {namespace} wants each container to name {', '.join(lacking)}, and "
        "queue-proxy, which Knative puts into every pod, does not"
    )
    patch = json.dumps({"data": dict(queue_proxy.setting(one) for one in lacking)})
    command = f"kubectl patch configmap -n {NAMESPACE} config-deployment --type merge -p '{patch}'"
    hint = f"{command}; or a LimitRange with defaults in the namespace"
    if not isinstance(ranges, Absent):
        return Check("quota", message, Severity.ERROR, hint)
    unknown = "unless a LimitRange does, at which we may not look"
    return Check("quota", f"{message} ({unknown})", Severity.WARNING, hint)
