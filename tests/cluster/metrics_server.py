"""metrics-server: what pods use, for autoscalers and for whoever asks."""

from collections.abc import Iterator

from tests.cluster import charts, image_names
from tests.cluster.charts import Manifest
from tests.cluster.cluster import Cluster

_NAMESPACE = "kube-system"
_NAME = "metrics-server"
_LABELS = {"k8s-app": _NAME}
_ARGUMENTS = (
    "--cert-dir=/tmp",
    "--secure-port=10250",
    "--kubelet-insecure-tls",
    "--kubelet-preferred-address-types=InternalIP",
    "--kubelet-use-node-status-port",
    "--kubelet-request-timeout=5s",
    "--metric-resolution=10s",  # has to be longer than that
)


def install(cluster: Cluster) -> None:
    """Apply its own manifests, told that this is a small cluster with certificates of its own.

    Raises:
        ClusterError: The API server refuses something.
    """
    charts.apply(cluster, _manifests(cluster))


def await_ready(cluster: Cluster) -> None:
    """Return when the API server takes it for the one who knows.

    Raises:
        ClusterError: It does not.
    """
    charts.await_condition(cluster, "Available", "apiservice/v1beta1.metrics.k8s.io")


def _manifests(cluster: Cluster) -> Iterator[Manifest]:
    folder = cluster.programs["metrics-server-manifests"]
    for file in ("rbac.yaml", "service.yaml", "deployment.yaml", "apiservice.yaml"):
        for manifest in charts.read((folder / file).read_text()):
            if manifest["kind"] == "Service":
                manifest["spec"]["selector"] = _LABELS
            if manifest["kind"] == "Deployment":
                _complete(manifest)
            yield manifest


def _complete(deployment: Manifest) -> None:
    """What its kustomization would add, our image, and probes in a hurry."""
    deployment["spec"]["selector"] = {"matchLabels": _LABELS}
    deployment["spec"]["template"]["metadata"] = {"labels": _LABELS}
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    container["image"] = image_names.METRICS_SERVER
    container["args"] = list(_ARGUMENTS)
    container["resources"] = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "200Mi"}}
    container["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1, "failureThreshold": 60}
