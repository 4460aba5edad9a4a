import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.objects import mapping, name
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.domain.names import Name
from platformctl.domain.observed import Severity
from platformctl.domain.resources import Gpu, Resources
from platformctl.domain.revision import Revision, Scale
from tests.contract.cluster_harness import StandardHarness

pytestmark = pytest.mark.full

CHURN = Name("churn")


@pytest.fixture
def there(
    tmp_path: Path, kubeconfig: Path, namespace: str, request: pytest.FixtureRequest
) -> StandardHarness:
    return StandardHarness(tmp_path, kubeconfig, namespace, request)


@pytest.fixture
def devices(there: StandardHarness) -> Iterator[str]:
    """A node's resource of which there are two, as a device plugin would announce it."""
    resource = f"test.example.com/gpu-{uuid.uuid4().hex[:6]}"
    node = name(there.api.list(kinds.NODE)[0])
    _announce(there.api, node, resource, "2")
    there.until(lambda: resource in mapping(there.api.list(kinds.NODE)[0], "status", "allocatable"))
    yield resource
    _announce(there.api, node, resource, None)


def _announce(api: Api, node: str, resource: str, count: str | None) -> None:
    body = json.dumps({"status": {"capacity": {resource: count}, "allocatable": {resource: count}}})
    headers = {"content-type": "application/merge-patch+json"}
    reply = api.raw("PATCH", f"{kinds.NODE.path(None, node)}/status", body=body.encode(), headers=headers)
    assert reply.status == 200, reply.body


def _revision(there: StandardHarness, tag: int, resource: str) -> Revision:
    resources = Resources(cpu="50m", memory="256Mi", gpu=Gpu(count=1, resource=resource))
    return there.working_revision(CHURN, tag).model_copy(update={"resources": resources})


def test_what_does_not_fit_is_said_before_anything_is_made(there: StandardHarness, devices: str) -> None:
    first, second = (_revision(there, tag, devices) for tag in (1, 2))
    assert gpu_room.findings(there.api, first, Scale(minimum=2, maximum=2)) == []
    (three,) = gpu_room.findings(there.api, first, Scale(minimum=3, maximum=3))
    assert three.severity is Severity.ERROR
    there.target.prepare(first, Scale(minimum=2, maximum=2))
    there.until(lambda: gpu_room.findings(there.api, second, Scale()) != [])
    (none,) = gpu_room.findings(there.api, second, Scale())
    assert (none.severity, none.field) == (Severity.ERROR, "spec.resources.gpu")
    assert "none is placed" in none.message
    assert gpu_room.findings(there.api, first, Scale(minimum=2, maximum=2)) == []


def test_who_comes_too_late_waits_and_is_told_for_what(there: StandardHarness, devices: str) -> None:
    revision = _revision(there, 1, devices)
    there.target.prepare(revision, Scale(minimum=3, maximum=3))

    def told() -> bool:
        found = there.target.observe(CHURN).revisions[revision.id]
        return found.failure is None and f"1 {devices} free" in found.detail

    there.until(told)
