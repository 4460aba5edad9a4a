"""The test cluster with what is measured in it: one model in some versions, and namespaces of our own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.domain.manifests import Manifest
from tests.cluster import lifecycle, stack
from tests.cluster.cluster import Cluster
from tests.cluster.models import credentials
from tests.cluster.stack import Stack
from tests.mlflow_server import Server, log_churn_like_models

PLATFORMCTL = [sys.executable, "-m", "platformctl"]
NAME = "churn"

SPEC = """\
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {{name: churn}}
spec:
  model: {{name: {model}}}
  resources: {{cpu: 300m, memory: 1Gi}}
  scaling: {scaling}
"""
SETTINGS = """\
context = "bench"
[contexts.bench]
target = "cluster"
registry = "{registry}"
images = "docker.io/platformctl"
storage_secret = "models"
"""
_FIXED, _SCALED = "{}", "{min: 1, max: 2, cpu: 80}"
_WRITERS = 16


@dataclass(frozen=True)
class Ground:
    """Where commands run.

    Args:
        folder: Their working folder: the settings and `churn.yaml` are there.
        namespace: With one deployment.
    """

    cluster: Cluster
    stack: Stack
    folder: Path
    namespace: str

    @property
    def environ(self) -> Mapping[str, str]:
        """For commands."""
        return {**environ(), "KUBECONFIG": str(self.cluster.kubeconfig)}

    def platformctl(self, *arguments: str) -> str:
        """Run a command to its end; what it prints."""
        return self.run([*PLATFORMCTL, *arguments])

    def run(self, command: Sequence[str]) -> str:
        """Run any to its end; what it prints."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def api(self, namespace: str) -> Api:
        """The API server, in a namespace."""
        return open_api(Access(str(self.cluster.kubeconfig), None), namespace)

    def host(self) -> str:
        """What requests to the deployment have to name."""
        said = json.loads(self.platformctl("-n", self.namespace, "status", NAME, "-o", "json"))
        return str(said["host"])


@dataclass(frozen=True)
class Stage(Ground):
    """The ground of Standard mode.

    Args:
        scaled: A namespace with a deployment that scales by itself, by `scaled.yaml`.
        many: One with copies of the first's route, which no Gateway serves.
    """

    scaled: str
    many: str

    def route(self) -> Manifest:
        """The deployment's HTTPRoute."""
        found = self.api(self.namespace).get(HTTP_ROUTE, NAME)
        if found is None:
            raise SystemExit(f"{self.namespace} has no HTTPRoute {NAME}")
        return found


def environ() -> dict[str, str]:
    """For commands: compiled bytecode is kept, as where it is installed."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(Path(__file__).parents[2])}


@contextmanager
def stage(copies: int) -> Iterator[Stage]:
    """The stage; all of it is removed at the end, and a cluster that was up stays up.

    Args:
        copies: Deployments to be listed.
    """
    with running() as cluster, folder() as place, namespaces(cluster, 3) as names:
        one = Stage(cluster, stack.of(cluster), place, *names)
        model = registered(one, versions=2)
        for file, namespace, scaling in (
            ("churn.yaml", one.namespace, _FIXED),
            ("scaled.yaml", one.scaled, _SCALED),
        ):
            furnish(one, namespace)
            (one.folder / file).write_text(SPEC.format(model=model, scaling=scaling))
            one.platformctl("-n", namespace, "deploy", "-f", file)
        _copy(one, copies)
        yield one


@contextmanager
def running() -> Iterator[Cluster]:
    """The cluster that is up, else one that is brought up for the block."""
    found = lifecycle.find()
    cluster = found or lifecycle.up(tied=True)
    try:
        yield cluster
    finally:
        if found is None:
            lifecycle.down(cluster)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone after the block."""
    with TemporaryDirectory(prefix="platformctl-bench-") as name:
        yield Path(name)


@contextmanager
def namespaces(cluster: Cluster, several: int) -> Iterator[Sequence[str]]:
    """So many, which are gone after the block."""
    names = [f"bench-{os.urandom(3).hex()}" for _ in range(several)]
    try:
        for name in names:
            cluster.kubectl("create", "namespace", name)
        yield names
    finally:
        cluster.kubectl("delete", "namespace", "--ignore-not-found", "--wait=false", *names)


def registered(one: Ground, versions: int, settings: str = "") -> str:
    """Write the settings, and register a model in so many versions, the first of which is champion.

    Returns:
        The model's name.
    """
    model = f"bench-{os.urandom(3).hex()}"
    server = Server(one.stack.registry.uri, one.folder)
    place = f"s3://{one.stack.s3.bucket}/{model}"
    server.call("POST", "/experiments/create", name=model, artifact_location=place)
    environ = {**one.stack.s3.environment, "MLFLOW_EXPERIMENT_NAME": model}
    log_churn_like_models(server.uri, server.folder, model, *["skops"] * versions, environ=environ)
    server.call("POST", "/registered-models/alias", name=model, alias="champion", version="1")
    text = SETTINGS.format(registry=one.stack.registry.uri) + settings
    (one.folder / "platformctl.toml").write_text(text)
    return model


def furnish(one: Ground, namespace: str) -> None:
    """Let pods of a namespace read models."""
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": credentials(one.stack)})
    one.cluster.kubectl("apply", "-n", namespace, "-f", "-", stdin=objects)


def _copy(one: Stage, copies: int) -> None:
    """Write the deployment's route many times, for a Gateway that is not there: this one serves others."""
    route, there = one.route(), one.api(one.many)

    def write(number: int) -> None:
        there.create(_copied(route, one.many, f"{NAME}-{number:04d}"))

    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(write, range(copies)))


def _copied(route: Mapping[str, Any], namespace: str, name: str) -> Mapping[str, Any]:
    kept = {key: route["metadata"][key] for key in ("labels", "annotations")}
    spec = {**route["spec"], "parentRefs": [{"name": "nobody"}], "hostnames": [f"{name}.example.com"]}
    metadata = {**kept, "name": name, "namespace": namespace}
    return {**{key: route[key] for key in ("apiVersion", "kind")}, "metadata": metadata, "spec": spec}
