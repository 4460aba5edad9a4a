"""Every golden of Knative mode, applied to a real cluster: what KServe and Knative make of it."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from platformctl import render
from platformctl.adapters import manifest_files, spec_files
from platformctl.domain.manifests import REVISION
from platformctl.domain.names import RevisionId
from platformctl.plan import capacity
from tests.cluster import kubectl
from tests.render.cases import FOLDER, KNATIVE
from tests.render.test_a_cluster_takes_it import await_, differences, documents, settled

pytestmark = pytest.mark.full

_SERVICE = "services.serving.knative.dev/churn-predictor"
_SERVER_SIDE = ("--server-side", "--field-manager=platformctl", "-f", "-")
_NOW = [name for name in KNATIVE if "version" not in name]
"""Those that name the mode as the cluster's KServe does."""


def pullable(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with images of a registry whose tags the test cluster does not resolve: it reaches none."""
    text = json.dumps(manifests)
    for registry in ("ghcr.io", "registry.example"):
        text = text.replace(f'"{registry}/', '"docker.io/')
    return list(json.loads(text))


def secrets(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that ServiceAccounts name: without them KServe's webhook refuses the pods."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {**secret, "namespace": one["metadata"]["namespace"]},
        }
        for one in manifests
        if one["kind"] == "ServiceAccount"
        for secret in one["secrets"]
    ]


def found(kubeconfig: Path, namespace: str, what: str) -> dict[str, Any]:
    return dict(json.loads(kubectl.run(kubeconfig, "get", what, f"--namespace={namespace}", "-o", "json")))


def applied(objects: list[dict[str, Any]], kubeconfig: Path, namespace: str) -> str:
    """Apply them; the name of the revision that Knative makes."""
    stream = manifest_files.stream([*secrets(objects), *objects])
    kubectl.run(kubeconfig, "apply", *_SERVER_SIDE, stdin=stream)
    await_(kubeconfig, namespace, _SERVICE)
    await_(kubeconfig, namespace, _SERVICE, "jsonpath={.status.latestCreatedRevisionName}")
    return str(found(kubeconfig, namespace, _SERVICE)["status"]["latestCreatedRevisionName"])


def of_pods(template: dict[str, Any], container: str) -> dict[str, Any]:
    return next(one for one in template["spec"]["containers"] if one["name"] == container)


def _take_restricted(spec: dict[str, Any], kubeconfig: Path, restricted: str) -> None:
    """Knative's pods with its proxy; without what KServe adds to them, which is the cluster's."""
    apart = {key: value for key, value in spec.items() if not key.startswith("serviceAccount")}
    metadata = {"name": "of-knative", "namespace": restricted}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**apart, "restartPolicy": "Never"},
    }
    stream = manifest_files.stream([pod])
    kubectl.run(kubeconfig, "create", "--dry-run=server", "-f", "-", stdin=stream)


@pytest.mark.parametrize("name", _NOW)
def test_knative_makes_a_revision_of_it_with_pods_and_changes_nothing_that_was_applied(
    name: str, knative: Path, namespace: str, restricted: str
) -> None:
    stream = manifest_files.stream(objects := pullable(documents(name, namespace)))
    service, made = objects[-1], applied(objects, knative, namespace)
    deployment = f"deployment/{made}-deployment"
    await_(knative, namespace, deployment)
    await_(knative, namespace, deployment, "jsonpath={.status.replicas}")

    ours = service["spec"]["predictor"]["labels"][REVISION]
    revision = found(knative, namespace, f"revisions.serving.knative.dev/{made}")
    memory = service["spec"]["predictor"]["containers"][0]["resources"]["limits"]["memory"]
    spec = spec_files.read(FOLDER / "specs" / f"{name}.yaml")
    told = render.knative.told(revision["metadata"]["annotations"], memory)
    assert revision["metadata"]["labels"][REVISION] == ours
    assert told is not None
    assert capacity.settled(spec.spec.scaling, RevisionId(ours)).is_met_by(told)

    template = found(knative, namespace, deployment)["spec"]["template"]
    assert template["metadata"]["labels"][REVISION] == ours
    assert template["metadata"]["labels"]["component"] == "predictor", "the budget selects by it"
    assert template["spec"]["terminationGracePeriodSeconds"] == service["spec"]["predictor"]["timeout"]
    assert of_pods(template, "queue-proxy")["readinessProbe"]["periodSeconds"] == 1
    _take_restricted(template["spec"], knative, restricted)
    assert settled(partial(differences, knative, _SERVER_SIDE, stream)) == ""


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("knative-cpu", {"type": "Utilization", "averageUtilization": 60}),
        ("knative-memory", {"type": "AverageValue", "averageValue": "1433Mi"}),
    ],
)
def test_what_scales_by_resources_has_their_target(
    name: str, target: dict[str, object], knative: Path, namespace: str
) -> None:
    made = applied(pullable(documents(name, namespace)), knative, namespace)
    await_(knative, namespace, f"horizontalpodautoscaler/{made}")
    (metric,) = found(knative, namespace, f"horizontalpodautoscaler/{made}")["spec"]["metrics"]
    assert metric["resource"] == {"name": name.removeprefix("knative-"), "target": target}
