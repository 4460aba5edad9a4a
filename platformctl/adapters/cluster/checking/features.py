"""What a template needs that Knative takes only where it is told to. Source: pkg/apis/config, v0.48."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from platformctl.adapters.cluster.api.objects import at, entries
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent
from platformctl.adapters.cluster.checking.serving import NAMESPACE, Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity


@dataclass(frozen=True)
class _Feature:
    """A switch of Knative's.

    Args:
        key: Of its ConfigMap.
        what: What it lets through.
        field: The field of a spec that asks for it.
        is_asked: Whether a predictor needs it.
        is_on: Whether it is where nothing is said.
    """

    key: str
    what: str
    field: str
    is_asked: Callable[[Manifest], bool]
    is_on: bool = False


_FEATURES = (
    _Feature(
        "kubernetes.podspec-nodeselector",
        "choosing nodes by label",
        "spec.resources",
        lambda predictor: bool(predictor.get("nodeSelector")),
    ),
    _Feature(
        "kubernetes.podspec-tolerations",
        "tolerating taints",
        "spec.resources.tolerations",
        lambda predictor: bool(predictor.get("tolerations")),
    ),
    _Feature(
        "kubernetes.podspec-topologyspreadconstraints",
        "spreading replicas",
        "",
        lambda predictor: bool(predictor.get("topologySpreadConstraints")),
    ),
    _Feature(
        "kubernetes.podspec-securitycontext",
        "a security context of pods",
        "",
        lambda predictor: bool(predictor.get("securityContext")),
    ),
    _Feature(
        "kubernetes.podspec-volumes-emptydir",
        "folders of a pod's own",
        "",
        lambda predictor: any(at(one, "emptyDir") is not None for one in entries(predictor, "volumes")),
        is_on=True,
    ),
    _Feature(
        "multi-container",
        "a transformer in the predictor's pod",
        "spec.transformer",
        lambda predictor: len(entries(predictor, "containers")) > 1,
        is_on=True,
    ),
)


def asked(serving: Serving, predictor: Manifest) -> Iterator[Check]:
    """What speaks against the predictor of an InferenceService; nothing where we may not look."""
    if isinstance(serving.config, Absent):
        return
    for feature in _off(serving, _FEATURES):
        if feature.is_asked(predictor):
            patch = json.dumps({"data": {feature.key: "enabled"}})
            text = f"Knative refuses {feature.what} unless {feature.key} is enabled"
            hint = f"kubectl patch configmap -n {NAMESPACE} config-features --type merge -p '{patch}'"
            yield Check("features", text, Severity.ERROR, hint, feature.field)


def _off(serving: Serving, features: Iterable[_Feature]) -> Iterator[_Feature]:
    for feature in features:
        said = (serving.told("config-features", feature.key) or "").lower()
        known = {"enabled": True, "allowed": True, "disabled": False}
        if not known.get(said, feature.is_on):
            yield feature
