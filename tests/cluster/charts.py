"""Manifests from Helm charts: rendered by helm, changed as dicts, applied by the server's own merge."""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.cluster import Cluster
from tests.cluster.processes import ClusterError

Manifest = dict[str, Any]

_SECONDS = "120s"
"""The longest that anything is waited for."""

_PAUSE = 0.2


def render(
    cluster: Cluster, chart: str, namespace: str, values: Mapping[str, object], defaults: str | None = None
) -> list[Manifest]:
    """What a chart makes of values.

    Args:
        cluster: Has helm, and the chart.
        chart: The chart's folder, as the components name it.
        namespace: What the chart takes for its release's.
        values: Those that differ from the chart's own.
        defaults: YAML of the chart's own values, where its folder has none.

    Raises:
        ClusterError: helm refuses.
    """
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name, "defaults.yaml"), Path(name, "values.yaml")]
        files[0].write_text(defaults or "{}")
        files[1].write_text(json.dumps(values))
        command: list[str | Path] = [cluster.programs["helm"], "template", chart, cluster.programs[chart]]
        command += ["--namespace", namespace, "--skip-crds", "--kube-version", "v1.35.0"]
        done = subprocess.run(
            [*command, *(f"--values={file}" for file in files)], capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise ClusterError(f"helm template {chart}: {done.stderr}")
    return read(done.stdout)


def read(text: str) -> list[Manifest]:
    """The manifests in a text of YAML."""
    return [manifest for manifest in yaml.load_all(text, Loader=yaml.CSafeLoader) if manifest]


def apply(cluster: Cluster, manifests: Iterable[Manifest]) -> None:
    """Make manifests true, in their order.

    Raises:
        ClusterError: The API server refuses one.
    """
    listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    options = ("--server-side", "--force-conflicts", "--field-manager=test-cluster", "--filename=-")
    cluster.kubectl("apply", *options, stdin=json.dumps(listed))


def create(cluster: Cluster, manifests: Iterable[Manifest]) -> None:
    """Create what is not there; for custom resources it is half the work of `apply`.

    Raises:
        ClusterError: One is there, or the API server refuses one.
    """
    listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    cluster.kubectl("create", "--validate=false", "--filename=-", stdin=json.dumps(listed))


def namespace(name: str) -> Manifest:
    """A namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def await_condition(cluster: Cluster, condition: str, what: str, namespace: str | None = None) -> None:
    """Return when a condition holds (`Available`, `deployment/x`), told by the API server's events.

    Raises:
        ClusterError: It does not come to hold.
    """
    where = ("--namespace", namespace) if namespace else ()
    cluster.kubectl("wait", *where, "--timeout", _SECONDS, f"--for=condition={condition}", what)


def await_established(cluster: Cluster) -> None:
    """Return when the API server serves all custom resources.

    Raises:
        ClusterError: It does not come to.
    """
    established = "jsonpath={.status.conditions[?(@.type=='Established')].status}=True"
    while True:
        try:
            cluster.kubectl("wait", "--timeout", _SECONDS, f"--for={established}", "crd", "--all")
        except ClusterError as error:
            if "cannot be filtered" not in str(error):  # one has no status yet; `condition=…` fails, too
                raise
            time.sleep(_PAUSE)
        else:
            return


def await_created(cluster: Cluster, what: str, namespace: str) -> None:
    """Return when an object is there.

    Raises:
        ClusterError: It does not come.
    """
    cluster.kubectl("wait", "--namespace", namespace, "--timeout", _SECONDS, "--for=create", what)
