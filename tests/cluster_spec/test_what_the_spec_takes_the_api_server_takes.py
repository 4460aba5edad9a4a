"""Labels, taints, devices and variables: a real API server is asked without anything being made (dry run)."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from platformctl.adapters.cluster.api.client import Api
from platformctl.domain.components import Image
from platformctl.domain.errors import Refused
from platformctl.domain.resources import Resources

pytestmark = pytest.mark.full

LONG, TOO_LONG = "x" * 63, "x" * 64
PREFIX, LONG_PREFIX = "p" * 253, "p" * 254
DEVICE, LONG_DEVICE = f"{'p' * 244}/x", f"{'p' * 245}/x"


def takes(api: Api, pod: Mapping[str, Any], container: Mapping[str, Any] | None = None) -> bool:
    """Whether the API server takes a Deployment of such pods."""
    containers = [{"name": "server", "image": "server:1", **(container or {})}]
    labels = {"app": "server"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, **pod}}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server", "namespace": api.namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    try:
        api.create(manifest, dry_run=True)
    except Refused:
        return False
    return True


def is_spec(model: type[Resources | Image], said: Mapping[str, Any]) -> bool:
    try:
        model.model_validate(said, by_name=False)
    except ValidationError:
        return False
    return True


TOLERATIONS: list[dict[str, Any]] = [
    {},
    {"operator": "Exists"},
    {"operator": "Equal"},
    {"operator": "Exists", "effect": "NoSchedule"},
    {"key": "a"},
    {"key": "a", "value": ""},
    {"key": "a", "value": "-b"},
    {"key": "a", "value": LONG},
    {"key": "a", "value": TOO_LONG},
    {"key": "a", "operator": "Exists", "value": "b"},
    {"key": "a", "operator": "In"},
    {"key": "a", "effect": "Never"},
    {"key": "a", "tolerationSeconds": 1},
    {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1},
    {"key": "a", "effect": "NoExecute", "tolerationSeconds": 0},
    {"key": "A_b.c-d"},
    {"key": "a/b/c"},
    {"key": LONG},
    {"key": TOO_LONG},
    {"key": f"{PREFIX}/a"},
    {"key": f"{LONG_PREFIX}/a"},
    {"key": "Example.com/a"},
]
SELECTORS: list[dict[str, Any]] = [
    {"a": "b", "c": "d"},
    {"a": ""},
    {"a": "b c"},
    {"a": "1.0"},
    {"a b": "c"},
    {"": "c"},
    {"/a": "b"},
    {"a/": "b"},
    {"A/b": "c"},
    {"a..b/c": "d"},
    {"kubernetes.io/hostname": "node"},
]
DEVICES = [
    *("nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "amd.com/gpu", "nvidia.com/GPU", "mykubernetes.io/x"),
    *("gpu", "a/b/c", "Nvidia.com/gpu", "nvidia.com/", "requests.nvidia.com/gpu", "hugepages-2Mi"),
    *(f"a.b/{LONG}", f"a.b/{TOO_LONG}", DEVICE, LONG_DEVICE),
]
VARIABLES = ["A", "_a", "A-B", "a.b", "", "A=B", "ä"]
TAKEN_BY_KUBERNETES_ALONE = ["1A", "A B"]
"""Variables that no shell can name: Kubernetes takes any printable ones since 1.30."""


@pytest.mark.parametrize("toleration", TOLERATIONS, ids=str)
def test_tolerations(api: Api, toleration: dict[str, Any]) -> None:
    said = {"tolerations": [toleration]}
    assert takes(api, said) == is_spec(Resources, said)


@pytest.mark.parametrize("labels", SELECTORS, ids=str)
def test_labels_of_nodes(api: Api, labels: dict[str, Any]) -> None:
    said = {"nodeSelector": labels}
    assert takes(api, said) == is_spec(Resources, said)


@pytest.mark.parametrize("device", DEVICES)
def test_devices(api: Api, device: str) -> None:
    amounts = {device: "1"}
    resources = {"resources": {"requests": amounts, "limits": amounts}}
    assert takes(api, {}, resources) == is_spec(Resources, {"gpu": {"count": 1, "resource": device}})


@pytest.mark.parametrize("variable", [*VARIABLES, *TAKEN_BY_KUBERNETES_ALONE])
def test_variables(api: Api, variable: str) -> None:
    env = {"env": [{"name": variable, "value": "1"}]}
    kubernetes = takes(api, {}, env)
    ours = is_spec(Image, {"image": "server:1", "env": {variable: "1"}})
    assert ours == (kubernetes and variable not in TAKEN_BY_KUBERNETES_ALONE)
