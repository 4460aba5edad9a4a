"""A small server as a pod: what shows that a node works."""

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import archive
from tests.cluster.cluster import Cluster
from tests.cluster.places import NAME

IMAGE = f"docker.io/{NAME}/answer:1"
PORT = 8080
_NAME = "answer"
_PATIENCE = 30.0
"""Seconds until a Service must answer whose pod is ready."""


@dataclass(frozen=True)
class Answering:
    """The Service of a pod that answers.

    Args:
        address: Of the Service.
    """

    address: str

    def get(self, path: str) -> str:
        """What it answers: its pod's name at `/`, addresses at `/addresses?of=NAME`."""
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=10) as reply:
            return str(reply.read().decode())

    def await_answer(self) -> None:
        """Return when it answers: the node learns of a ready pod a moment after everyone else.

        Raises:
            URLError: It does not.
        """
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self.get("/")
            except urllib.error.URLError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return


def import_image(cluster: Cluster) -> None:
    """Make the server's image known to the node."""
    with tempfile.TemporaryDirectory(dir=cluster.folder) as folder:
        tar = archive.image(
            Path(folder, "answer.tar"), IMAGE, {_NAME: cluster.programs[_NAME]}, [f"/{_NAME}"]
        )
        cluster.import_image(tar)


@contextmanager
def answering(cluster: Cluster, namespace: str) -> Iterator[Answering]:
    """Run the server as the pod `answer`, behind a Service of that name."""
    import_image(cluster)
    cluster.kubectl("apply", "--namespace", namespace, "--filename=-", stdin=json.dumps(_manifests()))
    wait = ("wait", "--namespace", namespace, "--timeout=240s")
    cluster.kubectl(*wait, "--for=condition=Ready", f"pod/{_NAME}")
    path = "jsonpath={.spec.clusterIP}"
    found = Answering(cluster.kubectl("get", "--namespace", namespace, f"service/{_NAME}", "--output", path))
    found.await_answer()
    yield found


def _manifests() -> dict[str, object]:
    metadata = {"name": _NAME, "labels": {"app": _NAME}}
    container = {
        "name": _NAME,
        "image": IMAGE,
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": _NAME}, "ports": [{"port": 80, "targetPort": PORT}]},
    }
    return {"apiVersion": "v1", "kind": "List", "items": [pod, service]}
