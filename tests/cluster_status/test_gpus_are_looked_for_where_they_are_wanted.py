from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.gpus import room as gpu_room
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from tests.cluster_target.kubeconfigs import one, written
from tests.fakes import values
from tests.registry.stub import Asked, Said, answering

pytestmark = pytest.mark.quick

FORBIDDEN = Said(
    {
        "kind": "Status",
        "status": "Failure",
        "reason": "Forbidden",
        "code": 403,
        "message": "no nodes for you",
    },
    403,
)
NOT_THERE = Said('{"kind":"Status","reason":"NotFound","code":404,"details":{"name":"x"}}', 404)


def _node(count: int, **labels: str) -> dict[str, Any]:
    allocatable = {"nvidia.com/gpu": str(count), "cpu": "8", "memory": "64Gi"}
    status = {"allocatable": allocatable, "conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": "a", "labels": labels}, "status": status}


def _asked(
    folder: Path, said: Mapping[str, Said], gpu: int = 1, *, shared: bool = False
) -> tuple[Sequence[Finding], list[str]]:
    def answer(asked: Asked) -> Said:
        path = urlsplit(asked.target).path.rstrip("/")
        return next((reply for end, reply in said.items() if path.endswith(end)), NOT_THERE)

    revision: Revision = values.revision(2).model_copy(update={"resources": Resources(gpu=gpu)})
    with answering(answer) as stub:
        api = open_api(Access(written(folder, one(stub.uri))), environ={})
        found = gpu_room.findings(api, revision, Scale(shared=shared))
        return found, [asked.target for asked in stub.asked]


def test_nobody_is_asked_where_none_is_wanted(tmp_path: Path) -> None:
    assert _asked(tmp_path, {}, gpu=0) == ([], [])


def test_all_pods_of_the_cluster_count(tmp_path: Path) -> None:
    taken = {
        "spec": {"nodeName": "a", "containers": [{"resources": {"requests": {"nvidia.com/gpu": "1"}}}]},
        "metadata": {"namespace": "another"},
    }
    said = {"/nodes": Said({"items": [_node(1)]}), "/api/v1/pods": Said({"items": [taken]})}
    (found,), _ = _asked(tmp_path, said)
    assert found.severity is Severity.ERROR
    found_sharing, _ = _asked(tmp_path, said, shared=True)
    assert not [one for one in found_sharing if one.severity is Severity.ERROR], (
        "it takes what others leave it"
    )


def test_where_we_may_not_look_that_is_said_and_nothing_is_stopped(tmp_path: Path) -> None:
    (found,), _ = _asked(tmp_path, {"/nodes": FORBIDDEN})
    assert found.severity is Severity.INFO
    assert "whether there are GPUs for it is not known" in found.message


@pytest.mark.parametrize("by_label", [True, False])
def test_nodes_that_are_added_are_waited_for(tmp_path: Path, *, by_label: bool) -> None:
    labels = {"karpenter.sh/nodepool": "gpus"} if by_label else {}
    said = {"/nodes": Said({"items": [_node(0, **labels)]}), "/api/v1/pods": Said({"items": []})}
    if not by_label:
        said["/cluster-autoscaler-status"] = Said({"metadata": {}})
    (found,), _ = _asked(tmp_path, said)
    assert found.severity is Severity.WARNING
