"""What a cluster answers of Knative Serving on which nothing is missing."""

from collections.abc import Mapping
from typing import Any

from tests.cluster_checks.conftest import GROUPS, Server, groups

GROUP = "serving.knative.dev/v1"
CLASS = "kourier.ingress.networking.knative.dev"
DEPLOYMENTS = "/apis/apps/v1/namespaces/knative-serving/deployments"
CONFIG_MAPS = "/api/v1/namespaces/knative-serving/configmaps"
INGRESSES = "/apis/networking.internal.knative.dev/v1alpha1/ingresses"
OUR_INGRESSES = "/apis/networking.internal.knative.dev/v1alpha1/namespaces/models/ingresses"
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/services.serving.knative.dev"
KSERVE_PODS = "/api/v1/namespaces/kserve/pods"
QUOTAS = "/api/v1/namespaces/models/resourcequotas"
LIMIT_RANGES = "/api/v1/namespaces/models/limitranges"
STORAGE_CONTAINERS = "/apis/serving.kserve.io/v1alpha1/clusterstoragecontainers"

Answer = tuple[int, Mapping[str, Any]]


def deployments(
    *down: str,
    version: str = "1.19.2",
    image: str = "knative/controller:v0.48.1",
    without: tuple[str, ...] = (),
) -> Answer:
    """Knative's Deployments; those that are down have no pod."""
    template = {"template": {"spec": {"containers": [{"image": image}]}}}
    names = ("controller", "webhook", "autoscaler", "activator", "autoscaler-hpa", "net-kourier-controller")
    labels = {"app.kubernetes.io/version": version}
    return 200, {
        "items": [
            {
                "metadata": {"name": name, "labels": labels},
                "spec": template,
                "status": {} if name in down else {"availableReplicas": 1},
            }
            for name in names
            if name not in without
        ]
    }


def config(**maps: Mapping[str, str]) -> Answer:
    """Knative's ConfigMaps, `_` in the place of `-` in their names."""
    usual: dict[str, Mapping[str, str]] = {
        "config_network": {"ingress-class": CLASS},
        "config_deployment": {"queue-sidecar-image": "queue:1"},
        "config_domain": {"example.com": "", "_example": "…"},
        "config_features": {},
    }
    made = {key.replace("_", "-"): data for key, data in {**usual, **maps}.items()}
    return 200, {"items": [{"metadata": {"name": name}, "data": data} for name, data in made.items()]}


def ingress(created: str = "2026-01-01T00:00:00Z", whose: str = CLASS, ready: str = "") -> Mapping[str, Any]:
    """An ingress of a Knative Service; `ready` "": nobody has looked at it."""
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return {
        "metadata": {
            "name": "churn-predictor",
            "namespace": "models",
            "generation": 2,
            "creationTimestamp": created,
            "annotations": {"networking.knative.dev/ingress.class": whose},
        },
        "status": {"observedGeneration": 2, "conditions": conditions} if ready else {},
    }


def ingresses(*several: Mapping[str, Any]) -> Answer:
    """A list of them."""
    return 200, {"items": list(several)}


def definition(created: str = "2026-01-01T00:00:00Z") -> Answer:
    """The kind of Knative's Services."""
    return 200, {"metadata": {"creationTimestamp": created}}


def kserve(started: str = "2026-01-01T00:00:01Z", *, leaving: bool = False) -> Answer:
    """KServe's pod, beside whose controller a proxy runs that is older."""
    gone = {"deletionTimestamp": started} if leaving else {}
    statuses = [
        {"name": "kube-rbac-proxy", "state": {"running": {"startedAt": "2025-01-01T00:00:00Z"}}},
        {"name": "manager", "state": {"running": {"startedAt": started}}},
    ]
    return 200, {"items": [{"metadata": gone, "status": {"containerStatuses": statuses}}]}


def quotas(*wanted: str, scopes: tuple[str, ...] = (), selected: str = "") -> Answer:
    """A quota of the namespace, on the pods of these scopes."""
    selector = {"matchExpressions": [{"scopeName": selected, "operator": "Exists"}]} if selected else {}
    hard = {"pods": "50", **dict.fromkeys(wanted, "100")}
    spec = {"hard": hard, "scopes": list(scopes), "scopeSelector": selector}
    return 200, {"items": [{"metadata": {"name": "team"}, "spec": spec}]}


def limit_range(kind: str = "Container", **defaults: Mapping[str, str]) -> Answer:
    """What the namespace gives to containers that ask for nothing."""
    return 200, {"items": [{"metadata": {"name": "usual"}, "spec": {"limits": [{"type": kind, **defaults}]}}]}


def storage_container(
    name: str = "default", prefix: str = "s3://", profile: str = "", **more: Any
) -> Mapping[str, Any]:
    """What downloads; with a profile of seccomp or without."""
    context = {"seccompProfile": {"type": profile}} if profile else {"runAsNonRoot": True}
    spec = {
        "container": {"name": "storage-initializer", "securityContext": context},
        "supportedUriFormats": [{"prefix": prefix}],
        "workloadType": "initContainer",
    }
    return {"metadata": {"name": name}, "spec": spec, **more}


def install(server: Server) -> None:
    """Put Knative Serving on a cluster, with Kourier."""
    server.answers |= {
        "/apis": (200, groups(*GROUPS, GROUP)),
        DEPLOYMENTS: deployments(),
        CONFIG_MAPS: config(),
        INGRESSES: ingresses(),
        DEFINITION: definition(),
        KSERVE_PODS: kserve(),
        QUOTAS: (200, {"items": []}),
        LIMIT_RANGES: (200, {"items": []}),
        STORAGE_CONTAINERS: (200, {"items": [storage_container(profile="RuntimeDefault")]}),
    }
    data = dict(server.answers["/api/v1/namespaces/kserve/configmaps/inferenceservice-config"][1]["data"])
    data["ingress"] = '{"disableIstioVirtualHost": true}'
    server.answers["/api/v1/namespaces/kserve/configmaps/inferenceservice-config"] = (200, {"data": data})
