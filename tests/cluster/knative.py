"""Knative Serving, from its module's own manifests, and a stand-in for its ingress; KServe learns of both."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster import charts, gateway, image_names, images, kserve
from tests.cluster.charts import Manifest
from tests.cluster.cluster import Cluster
from tests.cluster.knative_ingress import CLASS
from tests.cluster.places import API_PORT, DOMAIN, NODE
from tests.cluster.processes import ClusterError

NAMESPACE = "knative-serving"

_ROOT = Path(__file__).parents[2]
_INSTALLED, _LOCK = "knative.installed", "knative.lock"
_DEPLOYMENTS = ("controller", "webhook", "autoscaler", "autoscaler-hpa", "activator")
_LEFT_OUT = ("HorizontalPodAutoscaler", "PodDisruptionBudget", "Certificate")
"""Kinds that one small node has no use for, and what TLS inside the cluster would need."""
_SETTINGS = {
    "config-network": {"ingress-class": CLASS, "external-domain-tls": "Disabled"},
    "config-domain": {"example.com": ""},
    "config-autoscaler": {"stable-window": "20s", "scale-to-zero-grace-period": "10s"},
    "config-deployment": {
        "queue-sidecar-image": image_names.KNATIVE["queue"],
        "registries-skipping-tag-resolving": "index.docker.io,docker.io",
        "progress-deadline": "120s",
    },
    "config-features": {
        f"kubernetes.podspec-{field}": "enabled"
        for field in ("nodeselector", "tolerations", "topologyspreadconstraints")
    },
}
"""What is said otherwise than Knative's defaults have it, by the name of the config map."""


def ensure(cluster: Cluster) -> None:
    """Install it where it is not there yet; processes that want it at the same time wait for one of them.

    Raises:
        ClusterError: A part does not come up.
    """
    with (cluster.folder / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        installed = cluster.folder / _INSTALLED
        if not installed.exists():
            _install(cluster)
            installed.touch()


def ensure_apart(cluster: Cluster) -> None:
    """The same, by a process of its own: what it starts then runs on when this one ends.

    Raises:
        ClusterError: It failed.
    """
    if (cluster.folder / _INSTALLED).exists():
        return
    command = [sys.executable, "-m", "tests.cluster", "knative"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"Knative cannot be installed: {done.stderr}")


def _install(cluster: Cluster) -> None:
    with ThreadPoolExecutor() as pool:
        imported = pool.submit(_import, cluster)
        charts.apply(cluster, _resources(cluster))
        charts.await_established(cluster)
        imported.result()
    charts.apply(cluster, _rest(cluster))
    kserve.restart(cluster)  # what it can deploy it finds out when it starts
    for deployment in _DEPLOYMENTS:
        charts.await_condition(cluster, "Available", f"deployment/{deployment}", NAMESPACE)
    _start_ingress(cluster)


def _import(cluster: Cluster) -> None:
    for archive in images.knative_archives(cluster.programs).values():
        cluster.import_image(archive)


def _resources(cluster: Cluster) -> list[Manifest]:
    """The custom resources."""
    folders = ("knative-core/300-resources", "knative-networking", "knative-caching")
    manifests = [manifest for folder in folders for manifest in _read(cluster, folder)]
    return [manifest for manifest in manifests if manifest["kind"] == "CustomResourceDefinition"]


def _rest(cluster: Cluster) -> list[Manifest]:
    """Everything else: what others need is first, webhooks are last."""
    folders = ("knative-core", "knative-hpa", "knative-networking")
    manifests = {
        (manifest["kind"], manifest["metadata"]["name"]): _changed(manifest)
        for folder in folders
        for manifest in _read(cluster, folder)
        if manifest["kind"] not in (*_LEFT_OUT, "CustomResourceDefinition")
    }
    return sorted(manifests.values(), key=_order)


def _read(cluster: Cluster, folder: str) -> Iterator[Manifest]:
    name, _, below = folder.partition("/")
    for file in sorted((cluster.programs[name] / below).rglob("*.yaml")):
        yield from charts.read(file.read_text())


def _order(manifest: Manifest) -> int:
    kind: str = manifest["kind"]
    if kind == "Namespace":
        return 0
    return 2 if kind.endswith("WebhookConfiguration") else 1


def _changed(manifest: Manifest) -> Manifest:
    match manifest["kind"]:
        case "ConfigMap":
            _set(manifest)
        case "Deployment":
            _hurry(manifest["spec"]["template"]["spec"])
        case "Image":
            manifest["spec"]["image"] = image_names.KNATIVE["queue"]
        case _:
            pass
    return manifest


def _set(config: Manifest) -> None:
    """Drop the examples, with the sums that guard them, and say what differs."""
    config["metadata"].pop("annotations", None)
    said = {key: value for key, value in (config.get("data") or {}).items() if key != "_example"}
    config["data"] = {**said, **_SETTINGS.get(config["metadata"]["name"], {})}


def _hurry(pod: Manifest) -> None:
    """Our image, little of the node, and probes that are in a hurry."""
    pod.pop("affinity", None)
    pod["terminationGracePeriodSeconds"] = 5
    [container] = pod["containers"]
    container["image"] = image_names.KNATIVE[container["name"]]
    container["resources"]["requests"] = {"cpu": "10m", "memory": "32Mi"}
    container["readinessProbe"] |= {"initialDelaySeconds": 0, "periodSeconds": 1}


def _start_ingress(cluster: Cluster) -> None:
    name = gateway.GATEWAY.partition("/")[2]
    service = cluster.kubectl(
        *("get", "service", "--all-namespaces"),
        f"--selector=gateway.envoyproxy.io/owning-gateway-name={name}",
        "--output=jsonpath={.items[0].metadata.name}.{.items[0].metadata.namespace}",
    )
    client = cluster.authority.issue("knative-ingress", groups=["system:masters"])
    command: list[str | Path] = [sys.executable, "-m", "tests.cluster.knative_ingress"]
    command += ["--server", f"{NODE}:{API_PORT}", "--authority", cluster.authority.certificate]
    command += ["--certificate", client.certificate, "--key", client.key]
    command += ["--gateway", gateway.GATEWAY, "--address", gateway.await_ready(cluster)]
    command += ["--domain", f"{service}.svc.{DOMAIN}"]
    cluster.start("knative-ingress", command, cwd=_ROOT)
