"""Namespaces in which things go wrong, and what they need to."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from tests.cluster import kubectl
from tests.cluster.models import credentials
from tests.cluster.stack import Stack
from tests.cluster_status.scenarios import Scenario

Json = dict[str, Any]


class Case(Protocol):
    """A scenario, as an InferenceService of a mode."""

    @property
    def scenario(self) -> Scenario:
        """What goes wrong."""
        ...

    def service(self) -> Json:
        """The InferenceService."""
        ...


@contextmanager
def all_of(kubeconfig: Path, stack: Stack, cases: Sequence[Case]) -> Iterator[Mapping[str, Api]]:
    """Where each case is, by its name: all of them go wrong at the same time."""
    prefix = f"test-{uuid.uuid4().hex[:6]}"  # short: KServe makes one label of it and of a pod's name
    shared = _namespace(kubeconfig, prefix, {}, stack)
    alone = {
        one.scenario.name: _namespace(kubeconfig, f"{prefix}-{number}", one.scenario.enforced, stack)
        for number, one in enumerate(cases)
        if one.scenario.is_alone
    }
    found = {one.scenario.name: alone.get(one.scenario.name, shared) for one in cases}
    for one in cases:
        _apply(kubeconfig, found[one.scenario.name], [*one.scenario.others, one.service()])
    yield found
    for api in (shared, *alone.values()):
        api.delete(kinds.NAMESPACE, api.namespace)


def _namespace(kubeconfig: Path, name: str, enforced: Mapping[str, str], stack: Stack) -> Api:
    api = open_api(Access(str(kubeconfig)), namespace=name)
    api.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(enforced)}}
    )
    for account, change in _CREDENTIALS.items():
        _apply(kubeconfig, api, [_renamed(manifest, account, change) for manifest in credentials(stack)])
    return api


_CREDENTIALS: Mapping[str, Mapping[str, Any]] = {
    "models": {},
    "wrong": {"stringData": {"AWS_SECRET_ACCESS_KEY": "another"}},
    "lost": {"metadata": {"annotations": {"serving.kserve.io/s3-endpoint": "127.0.0.1:9"}}},
}


def _renamed(manifest: Mapping[str, Any], name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The credentials under another name, the Secret with what is wrong about it."""
    changed = {**manifest, "metadata": {**manifest["metadata"], "name": name}}
    if manifest["kind"] == "ServiceAccount":
        return {**changed, "secrets": [{"name": name}]}
    annotations = {
        **manifest["metadata"]["annotations"],
        **change.get("metadata", {}).get("annotations", {}),
    }
    return {
        **changed,
        "stringData": {**manifest["stringData"], **change.get("stringData", {})},
        "metadata": {**changed["metadata"], "annotations": annotations},
    }


def _apply(kubeconfig: Path, api: Api, manifests: Sequence[Mapping[str, Any]]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    kubectl.run(kubeconfig, "apply", "--namespace", api.namespace, "--filename=-", stdin=json.dumps(listed))
