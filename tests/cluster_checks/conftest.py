"""An API server that answers what it was told, over HTTP; and a cluster on which nothing is missing."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.domain.cluster import Gateway, Images, Shape, Storage

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
CONFIG = "/api/v1/namespaces/kserve/configmaps/inferenceservice-config"
CONTROLLERS = "/apis/apps/v1/namespaces/kserve/deployments"
GATEWAY = "/apis/gateway.networking.k8s.io/v1/namespaces/kserve/gateways/kserve-ingress-gateway"
NAMESPACE = "/api/v1/namespaces/models"
SECRET = "/api/v1/namespaces/models/secrets/s3-credentials"  # noqa: S105 - a path
PULL = "/api/v1/namespaces/models/secrets/ghcr"
NODES = "/api/v1/nodes"
ACCOUNT = "/api/v1/namespaces/models/serviceaccounts/models"

ID, KEY = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
"""As KServe's own ConfigMap names them."""

SHAPE = Shape(
    namespace="models",
    images=Images(
        "ghcr.io/team/platformctl-predictor:1.0", "ghcr.io/team/platformctl-transformer:1.0", ("ghcr",)
    ),
    gateway=Gateway(),
    storage=Storage(secret="s3-credentials", service_account="models"),  # noqa: S106 - the name of a Secret
)

GROUPS = (
    *("serving.kserve.io/v1alpha1", "serving.kserve.io/v1beta1", "gateway.networking.k8s.io/v1"),
    *("metrics.k8s.io/v1beta1", "keda.sh/v1alpha1", "apps/v1"),
)


def groups(*versions: str) -> Mapping[str, Any]:
    """What `/apis` answers."""
    return {
        "kind": "APIGroupList",
        "groups": [{"name": v.partition("/")[0], "versions": [{"groupVersion": v}]} for v in versions],
    }


def config(mode: str = "Standard", image: str = "kserve/storage-initializer:v0.20.0") -> Mapping[str, Any]:
    """KServe's ConfigMap, as far as it is read."""
    data = {
        "deploy": json.dumps({"defaultDeploymentMode": mode}),
        "storageInitializer": json.dumps({"image": image}),
        "credentials": json.dumps({"s3": {"s3AccessKeyIDName": ID, "s3SecretAccessKeyName": KEY}}),
    }
    return {"kind": "ConfigMap", "data": data}


def gateway(accepted: str = "True", allowed: str = "All") -> Mapping[str, Any]:
    """The Gateway, with what a controller says of it."""
    conditions = [
        {"type": "Accepted", "status": accepted, "reason": "Accepted", "message": ""},
        {"type": "Programmed", "status": "True", "reason": "Programmed", "message": ""},
    ]
    listener = {
        "name": "http",
        "protocol": "HTTP",
        "port": 80,
        "allowedRoutes": {"namespaces": {"from": allowed}},
    }
    return {
        "kind": "Gateway",
        "metadata": {"name": "kserve-ingress-gateway", "namespace": "kserve"},
        "spec": {"gatewayClassName": "envoy", "listeners": [listener]},
        "status": {"conditions": conditions},
    }


def controller(image: str) -> Mapping[str, Any]:
    """KServe's Deployment, in a list."""
    containers = [{"name": "kube-rbac-proxy", "image": "proxy:v0.18.0"}, {"name": "manager", "image": image}]
    return {"items": [{"spec": {"template": {"spec": {"containers": containers}}}}]}


def whole() -> dict[str, tuple[int, Mapping[str, Any]]]:
    """What a cluster answers on which nothing is missing."""
    kinds = {
        "v1alpha1": (
            "servingruntimes",
            "clusterservingruntimes",
            "clusterstoragecontainers",
            "inferencegraphs",
        ),
        "v1beta1": ("inferenceservices", "inferenceservices/status"),
    }
    kinds["v1alpha1"] += ("trainedmodels",)
    return {
        "/version": (200, {"gitVersion": "v1.35.4"}),
        "/apis": (200, groups(*GROUPS)),
        **{
            f"/apis/serving.kserve.io/{version}": (
                200,
                {"resources": [{"name": plural} for plural in plurals]},
            )
            for version, plurals in kinds.items()
        },
        CONFIG: (200, config()),
        CONTROLLERS: (200, controller("kserve/kserve-controller:v0.20.0")),
        GATEWAY: (200, gateway()),
        NAMESPACE: (
            200,
            {
                "metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
                "status": {"phase": "Active"},
            },
        ),
        SECRET: (200, {"type": "Opaque", "data": {ID: "", KEY: ""}}),
        PULL: (200, {"type": "kubernetes.io/dockerconfigjson", "data": {}}),
        ACCOUNT: (200, {"metadata": {"name": "models"}}),
        NODES: (200, {"items": []}),
    }


@dataclass
class Server:
    """An API server.

    Args:
        answers: By path; every other one is a 404.
        denied: What may not be done: verb, plural with subresource, namespace.
        asked: The paths that were asked for.
    """

    answers: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=whole)
    denied: set[tuple[str, str, str]] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, body: bytes) -> tuple[int, Mapping[str, Any]]:
        """What it says."""
        self.asked.append(path)
        if path == REVIEWS:
            wanted = json.loads(body)["spec"]["resourceAttributes"]
            below = f"/{wanted['subresource']}" if "subresource" in wanted else ""
            key = (wanted["verb"], wanted["resource"] + below, wanted.get("namespace", ""))
            return 201, {"status": {"allowed": key not in self.denied}}
        return self.answers.get(
            path, (404, {"kind": "Status", "reason": "NotFound", "details": {"kind": "x"}})
        )


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def api(server: Server, tmp_path: Path) -> Iterator[Api]:
    """Who asks that server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            status, document = server.answer(self.path.partition("?")[0], self.rfile.read(length))
            text = json.dumps(document, separators=(",", ":")).encode()  # as an API server writes it
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815 - the standard library's name

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        path = tmp_path / "kubeconfig.yaml"
        path.write_text(kubeconfig(f"http://127.0.0.1:{listening.server_address[1]}"))
        api = open_api(Access(files=str(path)))
        yield api
        api.transport.client.rest_client.pool_manager.clear()
        listening.shutdown()
        thread.join()


def kubeconfig(server: str) -> str:
    """A file with one context."""
    return yaml.safe_dump(
        {
            "current-context": "prod-eu",
            "contexts": [{"name": "prod-eu", "context": {"cluster": "c", "user": "", "namespace": "models"}}],
            "clusters": [{"name": "c", "cluster": {"server": server}}],
        }
    )
