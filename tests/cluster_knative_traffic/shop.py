"""A Knative Service as KServe would make it, of a server that takes no time to start."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import KNATIVE_SERVICE, POD
from platformctl.adapters.cluster.api.objects import condition, entries, number, text
from platformctl.adapters.cluster.knative.traffic import KnativeTraffic
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.traffic import Answer, Request
from tests.cluster import image_names
from tests.cluster_knative_traffic.values import CHURN
from tests.cluster_traffic.shop import eventually

SERVICE = f"{CHURN}-predictor"

_SERVER = Path(__file__).parents[1] / "cluster_traffic" / "pod_server.py"


class Shop:
    """A deployment `churn` in a namespace of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.traffic = KnativeTraffic(api)

    def serve(
        self,
        revision: RevisionId,
        *older: Mapping[str, Any],
        percent: int = 100,
        annotations: Mapping[str, str] = {},
    ) -> None:
        """Run a revision, and return when requests are served.

        Args:
            revision: The newest.
            older: Further entries of the traffic.
            percent: What it gets; its tag is `latest`.
            annotations: Of the template, for Knative's autoscaler.
        """
        newest = {"latestRevision": True, "percent": percent, "tag": "latest"}
        self.make(service(revision, [newest, *older], annotations))
        eventually(self._is_served, f"{revision} is served")

    def make(self, service: Manifest) -> Manifest:
        return self.api.apply(service, force=True)

    def found(self) -> Manifest:
        found = self.api.get(KNATIVE_SERVICE, SERVICE)
        assert found is not None
        return found

    def host(self, tag: str = "") -> str:
        """Where it is asked, or what has a tag."""
        urls = [text(one, "url") for one in self._traffic() if text(one, "tag") == tag]
        host = urlsplit(urls[0] if tag else text(self.found(), "status", "url")).hostname
        assert host is not None
        return host

    def knative_revision(self) -> str:
        """What Knative calls the newest."""
        return text(self.found(), "status", "latestReadyRevisionName")

    def pods(self) -> Sequence[Manifest]:
        return self.api.list(POD, f"serving.knative.dev/service={SERVICE}")

    def ask(self, host: str, do: str = "200", timeout: float = 10.0) -> Answer:
        return self.traffic.predict(CHURN, host, Request(do.encode(), timeout=timeout))

    def remove(self) -> None:
        self.api.delete(KNATIVE_SERVICE, SERVICE)

    def _traffic(self) -> Sequence[Mapping[str, Any]]:
        return entries(self.found(), "status", "traffic")

    def _is_served(self) -> bool:
        found = self.found()
        is_seen = number(found, "status", "observedGeneration") == number(found, "metadata", "generation")
        return is_seen and condition(found, "Ready").get("status") == "True"


def service(
    revision: RevisionId,
    traffic: Sequence[Mapping[str, Any]] = (),
    template: Mapping[str, str] = {},
    annotations: Mapping[str, str] = {},
) -> Manifest:
    """The Knative Service.

    Args:
        revision: Who its template says that it is.
        traffic: Who gets how much.
        template: Annotations of it.
        annotations: The Service's own.
    """
    spec = {
        "template": {"metadata": {"annotations": dict(template)}, "spec": _pod(revision)},
        "traffic": list(traffic) or [{"latestRevision": True, "percent": 100}],
    }
    return {
        "apiVersion": KNATIVE_SERVICE.api_version,
        "kind": KNATIVE_SERVICE.name,
        "metadata": {"name": SERVICE, "annotations": dict(annotations)},
        "spec": spec,
    }


def _pod(revision: RevisionId) -> Mapping[str, Any]:
    container = {
        "name": "kserve-container",
        "image": image_names.PYTHON,
        "command": ["python3", "-c", _SERVER.read_text()],
        "env": [{"name": "REVISION", "value": revision}],
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
    }
    return {"containers": [container]}
