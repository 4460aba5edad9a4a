"""Envoy Gateway, and the one Gateway that requests come through."""

from collections.abc import Iterator

from tests.cluster import charts, image_names
from tests.cluster.charts import Manifest
from tests.cluster.cluster import Cluster

GATEWAY = "kserve/kserve-ingress-gateway"
"""Namespace and name: KServe's own default."""

_NAMESPACE = "envoy-gateway-system"
_CLASS = "envoy"
_SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}}


def resources(cluster: Cluster) -> list[Manifest]:
    """The custom resources: Gateway API's standard channel, and Envoy Gateway's own."""
    wanted = {"gatewayAPI": {"enabled": True, "channel": "standard"}, "envoyGateway": {"enabled": True}}
    return charts.render(cluster, "gateway-crds-helm", _NAMESPACE, {"crds": wanted})


def install(cluster: Cluster) -> None:
    """Apply the rest; the custom resources must be there.

    Raises:
        ClusterError: The API server refuses something.
    """
    folder = cluster.programs["gateway-helm"]
    defaults = (folder / "values.tmpl.yaml").read_text()
    defaults = defaults.replace("${GatewayImage}", image_names.GATEWAY)
    defaults = defaults.replace("${GatewayImagePullPolicy}", "IfNotPresent")
    values = {
        "crds": {"enabled": False},
        "deployment": {"envoyGateway": {"resources": _SMALL, "readinessProbe": {"periodSeconds": 1}}},
        "topologyInjector": {"enabled": False},
    }
    rendered = charts.render(cluster, "gateway-helm", _NAMESPACE, values, defaults)
    charts.apply(cluster, [charts.namespace(_NAMESPACE), *_without_hooks(rendered), *_gateway()])


def await_ready(cluster: Cluster) -> str:
    """Return when the Gateway takes requests: the address that it takes them at.

    Raises:
        ClusterError: It does not.
    """
    namespace, _, name = GATEWAY.partition("/")
    charts.await_condition(cluster, "Programmed", f"gateway/{name}", namespace)
    address = "jsonpath={.status.addresses[0].value}"
    return cluster.kubectl("get", "--namespace", namespace, f"gateway/{name}", "--output", address)


def _without_hooks(rendered: list[Manifest]) -> Iterator[Manifest]:
    """What helm would run before the rest comes with the rest: what needs it waits for it."""
    for manifest in rendered:
        manifest["metadata"].pop("annotations", None)
        yield manifest


def _gateway() -> list[Manifest]:
    namespace, _, name = GATEWAY.partition("/")
    kubernetes = {
        "envoyService": {"type": "ClusterIP"},
        "envoyDeployment": {"container": {"image": image_names.ENVOY, "resources": _SMALL}},
    }
    proxy = {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyProxy",
        "metadata": {"name": _CLASS, "namespace": _NAMESPACE},
        "spec": {"provider": {"type": "Kubernetes", "kubernetes": kubernetes}},
    }
    reference = {"group": "gateway.envoyproxy.io", "kind": "EnvoyProxy"}
    gateway_class = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": _CLASS},
        "spec": {
            "controllerName": "gateway.envoyproxy.io/gatewayclass-controller",
            "parametersRef": {**reference, "name": _CLASS, "namespace": _NAMESPACE},
        },
    }
    listener = {
        "name": "http",
        "protocol": "HTTP",
        "port": 80,
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"gatewayClassName": _CLASS, "listeners": [listener]},
    }
    return [charts.namespace(namespace), proxy, gateway_class, gateway]
