"""The cluster target and its leases, held to the contract on a real cluster, in a namespace of their own."""

import json
import subprocess
import sys
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, HTTP_ROUTE
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.api.objects import annotation, text
from platformctl.adapters.cluster.knative.target import KnativeTarget
from platformctl.adapters.cluster.knative.traffic import KnativeTraffic
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.adapters.cluster.target import ClusterTarget
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain.cluster import Images, Shape, Storage
from platformctl.domain.manifests import ROLLOUT
from platformctl.domain.names import Name
from platformctl.domain.resources import Resources
from platformctl.domain.revision import ByFormat, ModelInfo, ModelVersion, Revision
from platformctl.ports import Target
from platformctl.render.knative import record_name
from tests.cluster import image_names
from tests.cluster.fixture import remove
from tests.cluster.models import ROWS, credentials
from tests.cluster_target.kubeconfigs import one, written
from tests.ports import free_port

_ACCOUNT = "models"
"""The service account that has the store's credentials."""


@dataclass(frozen=True)
class ClusterHarness(ABC):
    """A namespace of a cluster, as two clients have it.

    Args:
        request: Knows where models are. Asked only by what needs one: the rest runs on any API server.
    """

    folder: Path
    kubeconfig: Path
    namespace: str
    request: pytest.FixtureRequest
    body: bytes = json.dumps(ROWS).encode()
    counts_what_nobody_answered: bool = False

    @property
    def shape(self) -> Shape:
        images = Images(predictor=image_names.PREDICTOR, transformer=image_names.TRANSFORMER)
        return Shape(namespace=self.namespace, images=images, storage=Storage(service_account=_ACCOUNT))

    @cached_property
    def model(self) -> str:
        """The artifact URI of a model that answers `body`, which pods of the namespace may read."""
        for manifest in credentials(self.request.getfixturevalue("stack")):
            self.api.apply(manifest)
        return str(self.request.getfixturevalue("models").s3)

    @cached_property
    def api(self) -> Api:
        return open_api(Access(str(self.kubeconfig)), self.namespace, {})

    @abstractmethod
    def client(self, api: Api, holder: str) -> Target:
        """The target, as one more client has it."""

    @cached_property
    def target(self) -> Target:
        return self.client(self.api, "one client")

    @cached_property
    def another(self) -> Target:
        other = open_api(Access(str(self.kubeconfig)), self.namespace, {})
        return self.client(other, "another client")

    @property
    def unreachable(self) -> Target:
        nobody = written(self.folder, one(f"https://127.0.0.1:{free_port()}"), "nobody")
        return self.client(open_api(Access(nobody), self.namespace, {}), "a client that is lost")

    @property
    def counters(self) -> ClusterCounters:
        return ClusterCounters(self.api)

    def working_revision(self, name: Name, tag: int) -> Revision:
        info = ModelInfo(flavor="sklearn", has_mlmodel=True)
        version = ModelVersion(model=name, version=str(tag), uri=self.model, info=info)
        return Revision(deployment=name, model=version, resources=Resources(cpu="0.2", memory="512Mi"))

    def failing_revision(self, name: Name, tag: int) -> Revision:
        """One that is to be served from an ONNX file, which it does not have."""
        return self.working_revision(name, tag).model_copy(update={"predictor": ByFormat(format="onnx")})

    def until(self, condition: Callable[[], bool], timeout: float = 480) -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"not within {timeout} s"
            time.sleep(0.1)


class StandardHarness(ClusterHarness):
    """In Standard mode."""

    def client(self, api: Api, holder: str) -> ClusterTarget:
        return ClusterTarget(api, self.shape, Traffic(api, self.shape.gateway), holder)

    @contextmanager
    def corrupted(self, name: Name) -> Iterator[None]:
        """Cut the annotation short, as whoever edits it by hand might."""
        found = self.api.get(HTTP_ROUTE, name)
        assert found is not None
        whole = annotation(found, ROLLOUT)
        self._annotate(name, whole[: len(whole) // 2])
        try:
            yield
        finally:
            self._annotate(name, whole)

    def _annotate(self, name: Name, value: str) -> None:
        self.api.patch(HTTP_ROUTE, name, {"metadata": {"annotations": {ROLLOUT: value}}})


class KnativeHarness(ClusterHarness):
    """In Knative mode."""

    def client(self, api: Api, holder: str) -> KnativeTarget:
        return KnativeTarget(api, self.shape, KnativeTraffic(api), holder)

    @contextmanager
    def corrupted(self, name: Name) -> Iterator[None]:
        """Cut the record short, as whoever edits it by hand might."""
        found = self.api.get(CONFIG_MAP, record_name(name))
        assert found is not None
        whole = text(found, "data", "rollout")
        self._record(name, whole[: len(whole) // 2])
        try:
            yield
        finally:
            self._record(name, whole)

    def _record(self, name: Name, value: str) -> None:
        self.api.patch(CONFIG_MAP, record_name(name), {"data": {"rollout": value}})


_DIE_HOLDING = """
import os, signal, sys
from datetime import timedelta
from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.state.lease import ClusterLease
api = open_api(Access(sys.argv[1]), sys.argv[2], {})
ClusterLease(api).acquire(sys.argv[3], "who dies", timedelta(minutes=15))
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class ClusterLeaseHarness:
    """Leases in a namespace."""

    kubeconfig: Path
    namespace: str

    @cached_property
    def lease(self) -> ClusterLease:
        return self._client()

    @cached_property
    def another(self) -> ClusterLease:
        return self._client()

    def abandon(self, name: Name) -> None:
        command = [sys.executable, "-c", _DIE_HOLDING, str(self.kubeconfig), self.namespace, name]
        assert subprocess.run(command, check=False).returncode == -9

    def _client(self) -> ClusterLease:
        api = open_api(Access(str(self.kubeconfig)), self.namespace, {})
        return ClusterLease(api, timedelta(seconds=5))


@contextmanager
def cluster_target(
    folder: Path, kubeconfig: Path, request: pytest.FixtureRequest
) -> Iterator[StandardHarness]:
    with _namespace(kubeconfig) as namespace:
        yield StandardHarness(folder, kubeconfig, namespace, request)


@contextmanager
def knative_target(
    folder: Path,
    kubeconfig: Path,
    knative: object,  # noqa: ARG001 - it has to be there
    request: pytest.FixtureRequest,
) -> Iterator[KnativeHarness]:
    with _namespace(kubeconfig) as namespace:
        yield KnativeHarness(folder, kubeconfig, namespace, request)


@contextmanager
def cluster_lease(folder: Path, kubeconfig: Path) -> Iterator[ClusterLeaseHarness]:  # noqa: ARG001 - it needs none
    with _namespace(kubeconfig) as namespace:
        yield ClusterLeaseHarness(kubeconfig, namespace)


@contextmanager
def _namespace(kubeconfig: Path) -> Iterator[str]:
    """A namespace of one's own, removed at the end."""
    name = f"contract-{uuid.uuid4().hex[:8]}"
    api = open_api(Access(str(kubeconfig)), name, {})
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        yield name
    finally:
        remove(kubeconfig, name)
