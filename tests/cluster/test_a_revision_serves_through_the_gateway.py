"""A hand-written InferenceService with our image answers through the gateway, wherever its model is from."""

import http.client
import json
import time
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import image_names, kubectl
from tests.cluster.models import PREDICTIONS, ROWS, Models, credentials, models, stack
from tests.cluster.stack import Stack

__all__ = ["models", "stack"]

pytestmark = pytest.mark.full

NAME = "churn-v1-3f9a1c"
SECONDS = 240.0  # machines are shared
SETTINGS = {
    "schema_version": 1,
    "model_name": "churn",
    "revision": NAME,
    "listen": {"host": "0.0.0.0", "http": 8080},  # noqa: S104 - the pod's
}
CAREFUL = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def host(namespace: str) -> str:
    """Its own for each test: the older one of two routes with the same host has it."""
    return f"churn.{namespace}.example.com"


def serving(namespace: str, uri: str, account: str = "default") -> list[Mapping[str, Any]]:
    """An InferenceService, what its server is told, and the way to it."""
    metadata = {
        "name": NAME,
        "labels": {"networking.kserve.io/visibility": "cluster-local"},
        "annotations": {
            "serving.kserve.io/deploymentMode": "Standard",
            "serving.kserve.io/autoscalerClass": "none",
        },
    }
    container = {
        "name": "kserve-container",
        "image": image_names.PREDICTOR,
        "env": [{"name": "STORAGE_URI", "value": uri}],
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
        "securityContext": CAREFUL,
        "readinessProbe": {"httpGet": {"path": "/v2/health/ready", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [
            {"name": "settings", "mountPath": "/etc/platformctl", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's
        ],
    }
    predictor = {
        "containers": [container],
        "serviceAccountName": account,
        "volumes": [{"name": "settings", "configMap": {"name": NAME}}, {"name": "tmp", "emptyDir": {}}],
    }
    backends = [{"name": f"{NAME}-predictor", "port": 80}]
    route = {
        "parentRefs": [{"namespace": "kserve", "name": "kserve-ingress-gateway"}],
        "hostnames": [host(namespace)],
        "rules": [{"backendRefs": backends}],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": NAME},
            "data": {"serving.json": json.dumps(SETTINGS)},
        },
        {
            "apiVersion": "serving.kserve.io/v1beta1",
            "kind": "InferenceService",
            "metadata": metadata,
            "spec": {"predictor": predictor},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "churn"},
            "spec": route,
        },
    ]


def apply(kubeconfig: Path, namespace: str, *manifests: Mapping[str, Any]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    kubectl.run(kubeconfig, "apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(listed))


def await_ready(kubeconfig: Path, namespace: str) -> None:
    wait = ("wait", "--namespace", namespace, f"--timeout={SECONDS:.0f}s")
    kubectl.run(kubeconfig, *wait, "--for=condition=Ready", f"inferenceservice/{NAME}")
    accepted = "jsonpath={.status.parents[0].conditions[?(@.type=='Accepted')].status}=True"
    kubectl.run(kubeconfig, *wait, f"--for={accepted}", "httproute/churn")


def ask(stack: Stack, namespace: str) -> tuple[Any, str]:
    """What the gateway answers to rows, and which revision answered; it may take a moment to know of it."""
    body, headers = json.dumps(ROWS), {"Host": host(namespace), "Content-Type": "application/json"}
    deadline = time.monotonic() + SECONDS
    while True:
        connection = http.client.HTTPConnection(stack.gateway.partition("://")[2], timeout=10)
        with closing(connection):
            connection.request("POST", "/v1/models/churn:predict", body, headers)
            reply = connection.getresponse()
            said = reply.read()
        if reply.status == HTTPStatus.OK:
            return json.loads(said)["predictions"], reply.headers["x-platformctl-revision"]
        assert time.monotonic() < deadline, said


def test_a_model_in_s3(kubeconfig: Path, namespace: str, stack: Stack, models: Models) -> None:
    assert models.s3.startswith("s3://")
    apply(kubeconfig, namespace, *credentials(stack), *serving(namespace, models.s3, "models"))
    await_ready(kubeconfig, namespace)
    assert ask(stack, namespace) == (PREDICTIONS, NAME)


def test_a_model_on_a_volume(kubeconfig: Path, namespace: str, stack: Stack, models: Models) -> None:
    if models.folder is None:
        pytest.skip("needs a folder of the node, for a volume of hostPath")
    size = {"storage": "1Gi"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": namespace},
        "spec": {
            "capacity": size,
            "accessModes": ["ReadOnlyMany"],
            "hostPath": {"path": str(models.folder.parent)},
            "claimRef": {"namespace": namespace, "name": "models"},
            "storageClassName": "",
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "models"},
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "resources": {"requests": size},
            "storageClassName": "",
            "volumeName": namespace,
        },
    }
    apply(kubeconfig, namespace, volume, claim, *serving(namespace, f"pvc://models/{models.folder.name}"))
    await_ready(kubeconfig, namespace)
    assert ask(stack, namespace) == (PREDICTIONS, NAME)
    kubectl.run(kubeconfig, "delete", "persistentvolume", namespace, "--wait=false")


def test_a_model_that_the_registry_hands_out(
    kubeconfig: Path, namespace: str, stack: Stack, models: Models
) -> None:
    assert models.proxied.startswith("mlflow-artifacts:/")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "platformctl-mlflow"},
        "stringData": {"MLFLOW_TRACKING_URI": stack.registry.uri},
    }
    apply(kubeconfig, namespace, secret, *serving(namespace, models.proxied))
    await_ready(kubeconfig, namespace)
    assert ask(stack, namespace) == (PREDICTIONS, NAME)
