"""Two GPUs, and a deployment that has both: on a real cluster, under load."""

import fcntl
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.objects import mapping, name
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from platformctl.domain.resources import Gpu, Resources
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import promote
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from tests.cluster_load.shop import CHURN, Shop, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_RESOURCE = "nvidia.com/gpu"


@pytest.fixture
def gpus(shop: Shop) -> Iterator[None]:
    """The node has two, as NVIDIA's device plugin would announce them; one test at a time has them."""
    with (Path(tempfile.gettempdir()) / "platformctl-tests-gpus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = name(shop.api.list(kinds.NODE)[0])
        if _announced(shop) != "0":
            pytest.skip(f"node {node} has GPUs, and these tests say how many it has")
        _announce(shop, node, "2")
        eventually(lambda: _announced(shop) == "2", "GPUs")
        yield
        shop.delete()
        _announce(shop, node, None)
        eventually(lambda: _announced(shop) == "0", "no GPUs")


def _announced(shop: Shop) -> str:
    """How many pods may have; a kubelet keeps the name of what was there once, with zero."""
    return str(mapping(shop.api.list(kinds.NODE)[0], "status", "allocatable").get(_RESOURCE, "0"))


def _announce(shop: Shop, node: str, count: str | None) -> None:
    body = json.dumps({"status": {"capacity": {_RESOURCE: count}, "allocatable": {_RESOURCE: count}}})
    headers = {"content-type": "application/merge-patch+json"}
    path = f"{kinds.NODE.path(None, node)}/status"
    reply = shop.api.raw("PATCH", path, body=body.encode(), headers=headers)
    assert reply.status == 200, reply.body


def _spec(shop: Shop) -> ModelDeployment:
    resources = Resources(cpu="0.1", memory="64Mi", gpu=Gpu(count=1))
    return shop.spec(min=2).with_spec(resources=resources)


def _deploy(
    shop: Shop, spec: ModelDeployment, version: int, canary: int | None = None, *, staged: bool = False
) -> None:
    request = DeployRequest(CHURN, spec=spec, version=Exact(version), canary=canary, staged=staged)
    deploy(shop.world(), request)


def _client(shop: Shop, after: int, version: int) -> subprocess.CompletedProcess[str]:
    """Shift to a version, and die after so many requests; 0: not at all."""
    command = [sys.executable, "-m", "tests.cluster_load.killed_client", str(shop.folder), str(after)]
    return subprocess.run(
        [*command, "shift", str(version)], capture_output=True, text=True, check=False, timeout=300
    )


def _has_both(shop: Shop) -> None:
    """What serves has both GPUs, and nothing else is there."""
    eventually(lambda: len(shop.pods(shop.stable)) == 2, "the new one has both")
    assert list(shop.seen.revisions) == [shop.stable]


@pytest.mark.usefixtures("gpus")
def test_refused_by_default_and_shifted_in_stages_where_a_person_says_so(shop: Shop) -> None:
    spec = _spec(shop)
    _deploy(shop, spec, 1)
    first = shop.stable
    with shop.load("wait 20", seconds=400, connections=4) as load:
        with pytest.raises(SpecError, match="do not fit") as refused:
            _deploy(shop, spec, 2)
        assert "--gpu-shift staged" in (refused.value.hint or "")
        assert list(shop.seen.revisions) == [first]
        _deploy(shop, spec, 2, staged=True)
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert shop.stable != first
    _has_both(shop)


@pytest.mark.usefixtures("gpus")
def test_a_canary_has_one_of_them_and_takes_over(shop: Shop) -> None:
    spec = _spec(shop)
    _deploy(shop, spec, 1)
    with shop.load("wait 20", seconds=400, connections=4) as load:
        _deploy(shop, spec, 2, canary=50, staged=True)
        canary = shop.canary
        assert [len(shop.pods(revision)) for revision in (shop.stable, canary)] == [1, 1]
        promote(shop.world(), CHURN, None, staged=True)
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert shop.stable == canary
    _has_both(shop)


@pytest.mark.usefixtures("gpus")
def test_a_shift_whose_client_is_killed_is_ended_by_the_same_command(shop: Shop) -> None:
    spec = _spec(shop)
    shop.save(spec)
    _deploy(shop, spec, 1)
    with shop.load("wait 20", seconds=400, connections=4) as load:
        whole = _client(shop, 0, 2)
        assert whole.returncode == 0, whole.stderr
        requests = int(whole.stdout.split()[0])
        for part in (3, 2):
            killed = _client(shop, requests // part, 3)
            assert killed.returncode == -signal.SIGKILL, killed.stderr
            assert sum(shop.seen.route.weights.values()) == 100
        finished = _client(shop, 0, 3)
        assert finished.returncode == 0, finished.stderr
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert "-v3-" in shop.stable
    _has_both(shop)
