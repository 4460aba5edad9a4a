import itertools
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from platformctl.adapters.cluster.gpus import free as gpus
from platformctl.adapters.cluster.gpus import plan as gpu_plan
from platformctl.adapters.cluster.gpus.free import Stage
from platformctl.domain.manifests import DEPLOYMENT, REVISION
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.resources import Gpu, Resources, Toleration
from platformctl.domain.revision import Revision
from tests.fakes import values

pytestmark = pytest.mark.quick

GPU = "nvidia.com/gpu"
Json = dict[str, Any]


def _revision(gpu: int | Gpu = 1, **more: Any) -> Revision:
    resources = Resources(cpu="1", memory="1Gi", gpu=gpu, **more)
    return values.revision(2).model_copy(update={"resources": resources})


def _node(name: str, count: int, *, cpu: str = "8", labels: Mapping[str, str] = {}, **spec: Any) -> Json:
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": spec,
        "status": {
            "allocatable": {GPU: str(count), "cpu": cpu, "memory": "64Gi"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _pod(node: str, count: int, revision: str = "", *, phase: str = "Running", cpu: str = "1") -> Json:
    labels = {DEPLOYMENT: "churn", REVISION: revision} if revision else {}
    requests = {"cpu": cpu, GPU: str(count)}
    return {
        "metadata": {"labels": labels},
        "spec": {"nodeName": node, "containers": [{"resources": {"requests": requests}}]},
        "status": {"phase": phase},
    }


def _room(revision: Revision, nodes: list[Json], pods: list[Json]) -> int:
    wanted = gpus.ask(revision, {})
    assert wanted
    return gpus.room(wanted, gpus.hosts(wanted, nodes, pods))


def _findings(  # noqa: PLR0913 - each is what a test is about
    revision: Revision,
    nodes: list[Json],
    pods: list[Json],
    *,
    minimum: int = 1,
    weights: Mapping[str, int] = {},
    grows: bool = False,
) -> list[Finding]:
    wanted = gpus.ask(revision, {})
    assert wanted
    hosts = gpus.hosts(wanted, nodes, pods)
    shares = {RevisionId(name): weight for name, weight in weights.items()}
    found = gpu_plan.plan(wanted, hosts, gpu_plan.placed(revision, pods, shares), minimum)
    return gpu_plan.findings(revision, wanted, hosts, found, grows=grows)


def test_a_revision_without_gpus_asks_for_none() -> None:
    assert gpus.ask(values.revision(2), {}) is None


@pytest.mark.parametrize(
    ("beside", "fits"),
    [
        ({}, 4),
        ({"cpu": Decimal("0.025")}, 3),
        ({"memory": Decimal(2**20)}, 3),
        ({"cpu": Decimal(1), "memory": Decimal(2**30)}, 2),
        ({"ephemeral-storage": Decimal(2**40)}, 4),
    ],
)
def test_what_is_in_the_pod_beside_the_servers_needs_its_part_of_the_node(
    beside: Mapping[str, Decimal], fits: int
) -> None:
    wanted = gpus.ask(_revision(), beside)
    assert wanted
    node = _node("a", 8, cpu="4")
    node["status"]["allocatable"]["memory"] = "4Gi"
    assert gpus.room(wanted, gpus.hosts(wanted, [node], [])) == fits


def test_what_pods_ask_for_is_taken() -> None:
    nodes = [_node("a", 4), _node("b", 4)]
    assert _room(_revision(), nodes, [_pod("a", 3), _pod("b", 1)]) == 4
    assert _room(_revision(), nodes, [_pod("a", 3, phase="Succeeded"), _pod("b", 1, phase="Failed")]) == 8


def test_a_replica_is_on_one_node() -> None:
    nodes = [_node("a", 4), _node("b", 4)]
    assert _room(_revision(2), nodes, [_pod("a", 3), _pod("b", 3)]) == 0
    assert _room(_revision(2), nodes, [_pod("a", 1)]) == 3


def test_processors_and_memory_limit_it_too() -> None:
    assert _room(_revision(), [_node("a", 4, cpu="2500m")], [_pod("a", 0, cpu="500m")]) == 2


def test_an_initial_container_and_a_sidecar_count_as_the_scheduler_counts_them() -> None:
    pod = _pod("a", 1)
    pod["spec"]["initContainers"] = [
        {"resources": {"requests": {GPU: "2"}}},
        {"restartPolicy": "Always", "resources": {"limits": {GPU: "2"}}},
    ]
    assert _room(_revision(), [_node("a", 8)], [pod]) == 5
    pod["spec"]["initContainers"][0]["resources"]["requests"][GPU] = "6"
    assert _room(_revision(), [_node("a", 8)], [pod]) == 2


@pytest.mark.parametrize(
    "node",
    [
        _node("a", 4, unschedulable=True),
        _node("a", 4, taints=[{"key": "team", "value": "x", "effect": "NoSchedule"}]),
        _node("a", 4, taints=[{"key": "team", "value": "x", "effect": "NoExecute"}]),
        {**_node("a", 4), "status": {"allocatable": {GPU: "4"}, "conditions": []}},
    ],
)
def test_nodes_that_take_no_pods_do_not_count(node: Json) -> None:
    assert _room(_revision(), [node], []) == 0


@pytest.mark.parametrize(
    ("toleration", "fits"),
    [
        (Toleration(key="team", value="x"), True),
        (Toleration(key="team", value="y"), False),
        (Toleration(key="team", operator="Exists"), True),
        (Toleration(operator="Exists"), True),
        (Toleration(key="team", operator="Exists", effect="NoExecute"), False),
        (Toleration(key="other", operator="Exists"), False),
    ],
)
def test_tolerations_are_read_as_the_scheduler_reads_them(toleration: Toleration, *, fits: bool) -> None:
    node = _node("a", 4, taints=[{"key": "team", "value": "x", "effect": "NoSchedule"}])
    assert (_room(_revision(tolerations=(toleration,)), [node], []) == 4) == fits


def test_product_and_selector_choose_nodes() -> None:
    nodes = [
        _node("a", 4, labels={"nvidia.com/gpu.product": "A100", "pool": "x"}),
        _node("b", 2, labels={"nvidia.com/gpu.product": "T4", "pool": "x"}),
    ]
    assert _room(_revision(Gpu(count=1, product="T4")), nodes, []) == 2
    assert _room(_revision(node_selector={"pool": "x"}), nodes, []) == 6
    assert _room(_revision(Gpu(count=1, product="T4"), node_selector={"pool": "y"}), nodes, []) == 0


def test_what_fits_needs_no_words() -> None:
    assert _findings(_revision(), [_node("a", 2)], [], minimum=2) == []


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    pods = [_pod("a", 1, "churn-v1-000000")]
    (found,) = _findings(_revision(), [_node("a", 2)], pods, minimum=2, weights={"churn-v1-000000": 100})
    assert found.severity is Severity.ERROR
    assert (
        "2 replicas with 1 nvidia.com/gpu each do not fit on the nodes: only 1 would be placed"
        in found.message
    )
    assert found.field == "spec.resources.gpu"
    assert found.hint == (
        "give it less: platformctl deploy churn --canary 99, or let what serves shrink as it grows: "
        "--gpu-shift staged, or lower spec.scaling.min to 1, or add a node"
    )


def test_revisions_without_weight_can_give_theirs_back() -> None:
    pods = [_pod("a", 1, "churn-v1-000000"), _pod("a", 1, "churn-v0-000000")]
    (found,) = _findings(_revision(), [_node("a", 2)], pods, weights={"churn-v1-000000": 100})
    assert "none is placed" in found.message
    assert "platformctl prune churn --keep 0" in found.hint


def test_what_is_placed_already_is_not_asked_for_again() -> None:
    revision = _revision()
    pods = [_pod("a", 1, revision.id), _pod("a", 1, revision.id)]
    assert _findings(revision, [_node("a", 2)], pods, minimum=2) == []


def test_a_share_that_is_too_large_for_the_nodes_is_said() -> None:
    pods = [_pod("a", 1, "churn-v1-000000") for _ in range(4)]
    (found,) = _findings(_revision(), [_node("a", 5)], pods, weights={"churn-v1-000000": 100})
    assert found.severity is Severity.WARNING
    assert "it can take 25 % at most" in found.message
    assert "25 %, 50 %, 75 %, 100 %" in found.message
    assert found.hint == "platformctl deploy churn --canary 25"


def test_where_nodes_are_added_nothing_is_impossible() -> None:
    (found,) = _findings(_revision(), [_node("a", 0)], [], grows=True)
    assert found.severity is Severity.WARNING


def test_a_node_that_is_too_small_for_one_replica_is_named_by_its_size() -> None:
    (found,) = _findings(_revision(8), [_node("a", 4), _node("b", 4)], [])
    assert "a replica wants 8 nvidia.com/gpu, and no node has more than 4" in found.message


def test_a_product_that_no_node_has() -> None:
    (found,) = _findings(_revision(Gpu(count=1, product="H100")), [_node("a", 4)], [])
    assert found.message == "no node has nvidia.com/gpu (H100)"
    assert "nvidia.com/gpu.product=H100" in found.hint


def test_the_taint_that_some_clusters_tolerate_by_themselves_is_a_warning() -> None:
    node = _node("a", 4, taints=[{"key": GPU, "value": "present", "effect": "NoSchedule"}])
    (found,) = _findings(_revision(), [node], [])
    assert (found.severity, found.field) == (Severity.WARNING, "spec.resources.tolerations")
    tolerant = _revision(tolerations=(Toleration(key=GPU, operator="Exists"),))
    assert _findings(tolerant, [node], []) == []


@pytest.mark.parametrize(
    ("old", "free", "steps"),
    [
        (4, 4, [Stage(4, 100, 0)]),
        (4, 1, [Stage(1, 25, 3), Stage(2, 50, 2), Stage(3, 75, 1), Stage(4, 100, 0)]),
        (4, 2, [Stage(2, 50, 2), Stage(4, 100, 0)]),
        (3, 1, [Stage(1, 33, 2), Stage(2, 66, 1), Stage(3, 100, 0)]),
        (1, 1, [Stage(1, 100, 0)]),
        (4, 0, []),
        (300, 1, []),
    ],
)
def test_a_shift_in_stages(old: int, free: int, steps: list[Stage]) -> None:
    assert list(gpus.stages(old, free)) == steps


def test_no_stage_wants_more_than_there_is() -> None:
    for old, free in itertools.product(range(1, 30), range(1, 8)):
        before = Stage(0, 0, old)
        for stage in gpus.stages(old, free):
            assert before.old + stage.new <= old + free
            assert stage.new * 100 >= stage.share * old
            assert stage.old * 100 >= (99 - stage.share) * old
            before = stage
        assert before.new == old
