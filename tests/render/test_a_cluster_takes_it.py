"""Every golden, in a dry run of a real API server with KServe's webhooks; and the pods that come of it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from platformctl.adapters import manifest_files
from tests.cluster import kubectl
from tests.cluster.processes import ClusterError
from tests.cluster_traffic.shop import eventually
from tests.render.cases import CASES, GOLDEN

pytestmark = pytest.mark.full

_SECONDS = 60
_OF_KSERVE = frozenset(
    {"annotations", "minReplicas", "maxReplicas", "autoScaling", "deploymentStrategy", "labels", "timeout"}
    | {"canaryTrafficPercent", "scaleMetric", "scaleTarget"}
)
_APPLY = ("apply", "--server-side", "--field-manager=platformctl", "--validate=strict", "--dry-run=server")


def documents(name: str, namespace: str) -> list[dict[str, Any]]:
    text = (GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")
    made = list(yaml.safe_load_all(text))
    for manifest in made:
        manifest["metadata"]["namespace"] = namespace
    return made


def pods(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What KServe makes of an InferenceService's components, as far as it is ours."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{part}-of-{service['metadata']['name']}",
                "namespace": service["metadata"]["namespace"],
            },
            "spec": {
                key: value
                for key, value in component.items()
                if key not in _OF_KSERVE and key != "serviceAccountName"
            },
        }
        for part, component in service["spec"].items()
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_api_server_and_the_webhooks_take_all_objects(
    name: str, kubeconfig: Path, namespace: str
) -> None:
    stream = manifest_files.stream(documents(name, namespace))
    taken = kubectl.run(kubeconfig, *_APPLY, "-f", "-", stdin=stream)
    assert len(taken.splitlines()) == stream.count("\napiVersion: ")


@pytest.mark.parametrize("name", CASES)
def test_the_pods_are_restricted_ones(name: str, kubeconfig: Path, restricted: str) -> None:
    services = [one for one in documents(name, restricted) if one["kind"] == "InferenceService"]
    stream = manifest_files.stream(pod for service in services for pod in pods(service))
    taken = kubectl.run(kubeconfig, "create", "--dry-run=server", "-f", "-", stdin=stream)
    assert taken.count("created (server dry run)") == stream.count("\nkind: Pod")


def await_(kubeconfig: Path, namespace: str, what: str, condition: str = "create") -> None:
    kubectl.run(kubeconfig, "wait", f"--for={condition}", what, f"--namespace={namespace}", "--timeout=240s")


def differences(kubeconfig: Path, server_side: Sequence[str], stream: str) -> str:
    """What is there otherwise than it was applied; a status that is written meanwhile is there too."""
    try:
        return kubectl.run(kubeconfig, "diff", *server_side, stdin=stream)
    except ClusterError as error:
        return str(error)


def settled(look: Callable[[], str]) -> str:
    """What still differs once KServe has had the time to write what it knows; "" if nothing does."""
    with suppress(AssertionError):
        eventually(lambda: not look(), "nothing differs", timeout=_SECONDS)
        return ""
    return look()


@pytest.mark.parametrize("name", ["plain", "hpa", "transformer-separate", "transformer-image"])
def test_kserve_makes_pods_of_it_and_changes_nothing_that_was_applied(
    name: str, kubeconfig: Path, namespace: str
) -> None:
    level = "pod-security.kubernetes.io/enforce=restricted"
    kubectl.run(kubeconfig, "label", "namespace", namespace, level)
    objects = documents(name, namespace)
    stream = manifest_files.stream(objects)
    server_side = ("--server-side", "--field-manager=platformctl", "-f", "-")
    kubectl.run(kubeconfig, "apply", *server_side, stdin=stream)
    (service,) = (one for one in objects if one["kind"] == "InferenceService")
    for part in service["spec"]:
        made = f"{service['metadata']['name']}-{part}"
        for wanted in (f"deployment/{made}", f"service/{made}"):
            await_(kubeconfig, namespace, wanted)
        # Not by the pods' label: where there is none yet, `kubectl wait` does not wait.
        await_(kubeconfig, namespace, f"deployment/{made}", "jsonpath={.status.replicas}")
    assert settled(partial(differences, kubeconfig, server_side, stream)) == ""
