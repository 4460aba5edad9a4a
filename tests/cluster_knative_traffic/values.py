"""Objects as Knative has them."""

from collections.abc import Mapping
from typing import Any

from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name

CHURN = Name("churn")
NAMESPACE = "ml"
HOST = f"churn-predictor.{NAMESPACE}.example.com"
PREVIOUS = f"prev-{HOST}"
LOCAL = f"churn-predictor.{NAMESPACE}.svc.cluster.local"
CLASS = "kourier.ingress.networking.knative.dev"


def said(kind: str, status: str = "True", **more: str) -> dict[str, Any]:
    """A condition."""
    return {"type": kind, "status": status, **more}


def inside(name: str, namespace: str = "kourier-system") -> dict[str, str]:
    """A load balancer behind a Service, as most ingresses of Knative say it."""
    return {"domainInternal": f"{name}.{namespace}.svc.cluster.local"}


def ingress(
    public: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
    conditions: tuple[Mapping[str, Any], ...] = (),
    **spec: Any,
) -> Manifest:
    """The ingress of a Knative Service `churn-predictor`."""
    rules = [
        {"hosts": [f"churn-predictor.{NAMESPACE}", LOCAL], "visibility": "ClusterLocal"},
        {"hosts": [HOST], "visibility": "ExternalIP"},
        {"hosts": [PREVIOUS], "visibility": "ExternalIP"},
    ]
    kinds = {"publicLoadBalancer": public, "privateLoadBalancer": private}
    annotations = {"networking.knative.dev/ingress.class": CLASS}
    return {
        "metadata": {"name": "churn-predictor", "namespace": NAMESPACE, "annotations": annotations},
        "spec": {"rules": rules, "httpOption": "Enabled", **spec},
        "status": {
            **{kind: {"ingress": [one]} for kind, one in kinds.items() if one is not None},
            **({"conditions": list(conditions)} if conditions else {}),
        },
    }


def service(name: str, namespace: str = "kourier-system", *balancer: str, **spec: Any) -> Manifest:
    """The Service in front of an ingress's proxies."""
    ports = [{"port": 80, "targetPort": 8080}, {"port": 443, "targetPort": 8443}]
    return {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"clusterIP": "10.96.0.7", "ports": ports, "selector": {"app": "kourier"}, **spec},
        "status": {"loadBalancer": {"ingress": [{"ip": address} for address in balancer]}},
    }


def inference_service(url: str, component: str | None = None) -> Manifest:
    """An InferenceService that answers somewhere."""
    predictor = {} if component is None else {"url": component}
    return {"status": {"url": url, "components": {"predictor": predictor}}}
