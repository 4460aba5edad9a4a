"""KServe: its custom resources, its webhooks, its controller, in Standard mode with Gateway API."""

import base64
from collections.abc import Iterator
from pathlib import Path

from tests.cluster import charts, image_names
from tests.cluster.charts import Manifest
from tests.cluster.cluster import Cluster
from tests.cluster.gateway import GATEWAY

NAMESPACE = "kserve"

_CONTROLLER = "kserve-controller-manager"
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_OF_CERT_MANAGER = ("Certificate", "Issuer")
_VALUES = {
    "kserve": {
        "controller": {
            "deploymentMode": "Standard",
            "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "300Mi"}},
            "gateway": {
                "disableIstioVirtualHost": True,
                "ingressGateway": {"enableGatewayApi": True, "kserveGateway": GATEWAY},
            },
        }
    }
}


def resources(cluster: Cluster) -> list[Manifest]:
    """The custom resources."""
    return charts.render(cluster, "kserve-crd", NAMESPACE, {})


def install(cluster: Cluster) -> None:
    """Apply the rest; Gateway API must be there, and the custom resources.

    Raises:
        ClusterError: The API server refuses something.
    """
    host = f"kserve-webhook-server-service.{NAMESPACE}.svc"
    pair = cluster.authority.issue("kserve-webhook", hosts=[host])
    authority = _base64(cluster.authority.certificate)
    rendered = charts.render(cluster, "kserve-resources", NAMESPACE, _VALUES)
    certificate = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "kserve-webhook-server-cert", "namespace": NAMESPACE},
        "data": {"tls.crt": _base64(pair.certificate), "tls.key": _base64(pair.key)},
    }
    changed = list(_changed(rendered, authority))
    # The storage container passes a webhook where there is one: the webhooks come last.
    webhooks = [manifest for manifest in changed if manifest["kind"] in _WEBHOOKS]
    others = [manifest for manifest in changed if manifest not in webhooks]
    charts.apply(cluster, [certificate, *others, *webhooks])


def await_ready(cluster: Cluster) -> None:
    """Return when the controller serves its webhooks.

    Raises:
        ClusterError: It does not.
    """
    charts.await_condition(cluster, "Available", f"deployment/{_CONTROLLER}", NAMESPACE)


def restart(cluster: Cluster) -> None:
    """Start the controller anew, and return when it serves; until then the one before does.

    Raises:
        ClusterError: It does not come up.
    """
    rollout = ("--namespace", NAMESPACE, f"deployment/{_CONTROLLER}")
    cluster.kubectl("rollout", "restart", *rollout)
    cluster.kubectl("rollout", "status", *rollout, "--timeout=120s")


def _changed(rendered: list[Manifest], authority: str) -> Iterator[Manifest]:
    """As the chart has it, but for cert-manager, the proxy for metrics, and probes that are in no hurry."""
    for manifest in rendered:
        if manifest["kind"] in _OF_CERT_MANAGER:
            continue
        if manifest["kind"] in _WEBHOOKS:
            for webhook in manifest["webhooks"]:
                webhook["clientConfig"]["caBundle"] = authority
        if manifest["kind"] == "Deployment":
            _hurry(manifest["spec"]["template"]["spec"])
        yield manifest


def _hurry(pod: Manifest) -> None:
    [manager] = [each for each in pod["containers"] if each["name"] == "manager"]
    assert manager["image"] == image_names.KSERVE.removeprefix("docker.io/")
    manager["args"] = [argument for argument in manager["args"] if argument != "--leader-elect"]
    manager["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1}
    manager["securityContext"]["runAsUser"] = 65535
    manager["lifecycle"] = {"preStop": {"sleep": {"seconds": 3}}}  # its webhooks, until all know the next one
    pod["containers"] = [manager]


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
