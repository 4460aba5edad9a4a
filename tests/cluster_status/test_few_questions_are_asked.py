import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.observing import servers
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import RevisionStatus
from tests.cluster_status import api_server, scene
from tests.cluster_status.api_server import Cluster
from tests.cluster_status.scene import (
    NOW,
    autoscaler,
    container,
    crashed,
    deployment,
    ended,
    pod,
    service,
    waiting,
)
from tests.registry.stub import Said

pytestmark = pytest.mark.quick

ABOUT = {"runtime": "sklearn", "why": "it is one"}


def _look(cluster: Cluster) -> Mapping[RevisionId, RevisionStatus]:
    return observing.revisions(cluster.api, Name(scene.NAME), NOW)


def _status(cluster: Cluster) -> RevisionStatus:
    (found,) = _look(cluster).values()
    return found


def _objects(*pods: Any, scaled: bool = False) -> dict[str, list[Any]]:
    return {
        "inferenceservices": [service(len(pods), len(pods) + scaled)],
        "deployments": [deployment(len(pods))],
        "pods": list(pods),
    }


def _ready(name: str) -> Any:
    """A pod of its own: what it said once is remembered by its uid."""
    return pod(name, ready=True)


def test_two_lists_and_one_page_a_revision_then_two_lists(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, _objects(_ready("few"), _ready("few-2")), {"about": ABOUT}) as cluster:
        serving = _status(cluster).serving
        assert serving
        assert serving.runtime == "sklearn"
        lists = {"inferenceservices": 1, "pods": 1}
        assert cluster.asked() == {**lists, "about": 1}
        _status(cluster)
        assert cluster.asked() == {**dict.fromkeys(lists, 2), "about": 1}


def _scaled(now: int, wanted: int) -> dict[str, list[Any]]:
    objects = _objects(*(_ready(f"{now} of {wanted}, {n}") for n in range(now)), scaled=True)
    objects["inferenceservices"] = [service(1, 4)]
    objects["deployments"] = [deployment(wanted)]
    objects["horizontalpodautoscalers"] = [autoscaler(wanted)]
    return objects


@pytest.mark.parametrize(("now", "wanted"), [(1, 3), (3, 1), (0, 1)])
def test_deployments_are_asked_for_where_there_are_not_the_pods_that_should_be(
    now: int, wanted: int, tmp_path: Path
) -> None:
    with api_server.cluster(tmp_path, _scaled(now, wanted), {"about": ABOUT}) as cluster:
        assert _status(cluster).replicas == wanted
        assert cluster.asked()["deployments"] == 1


def test_an_autoscaler_says_how_many_pods_there_should_be(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, _scaled(3, 3), {"about": ABOUT}) as cluster:
        status = _status(cluster)
        assert (status.ready, status.replicas) == (3, 3)
        assert cluster.asked()["deployments"] == 0


def test_deployments_are_asked_for_where_pods_are_leaving(tmp_path: Path) -> None:
    leaving = _ready("leaving")
    leaving["metadata"]["deletionTimestamp"] = scene.ago(1)
    objects = _objects(_ready("stays"), leaving) | {"inferenceservices": [service(1, 1)]}
    with api_server.cluster(
        tmp_path, objects | {"deployments": [deployment(1)]}, {"about": ABOUT}
    ) as cluster:
        status = _status(cluster)
        assert (status.ready, status.replicas) == (1, 1)
        assert cluster.asked()["deployments"] == 1


def test_autoscalers_are_asked_for_where_something_scales(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, _objects(_ready("scaled"), scaled=True), {"about": ABOUT}) as cluster:
        _status(cluster)
        assert cluster.asked()["horizontalpodautoscalers"] == 1


def test_there_is_nothing_to_ask_about_what_is_not_there(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, {}) as cluster:
        assert _look(cluster) == {}
        assert sum(cluster.asked().values()) == 2


def test_a_pod_that_only_takes_its_time_is_left_alone(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, _objects(pod(age=2))) as cluster:
        assert _status(cluster).detail == "kserve-container is loading"
        assert "events" not in cluster.asked()


def test_events_are_asked_for_of_few_pods(tmp_path: Path) -> None:
    creating = [container(waiting=waiting("ContainerCreating"))]
    pods = [pod(f"slow-{n}", statuses=creating, age=60) for n in range(20)]
    said = {"reason": "FailedMount", "message": 'MountVolume.SetUp failed: configmap "x" not found'}
    with api_server.cluster(tmp_path, _objects(*pods), {"events": {"items": [said]}}) as cluster:
        assert "4 pods: configmap x is missing" in _status(cluster).detail
        assert cluster.asked()["events"] == 4


def test_the_last_words_are_read_from_the_life_that_ended(tmp_path: Path) -> None:
    words = json.dumps({"platformctl": "exit", "code": 65, "cause": "it is corrupt", "hint": None})
    dead = pod("dead", statuses=[crashed(0, ended(65))])
    with api_server.cluster(tmp_path, _objects(dead), {"log": words}) as cluster:
        assert _status(cluster).failure == "it is corrupt"
        (path,) = [asked.target for asked in cluster.stub.asked if "/log" in asked.target]
        assert "previous=true" in path
        assert "tailLines=" in path


def test_what_the_status_tells_is_not_asked_for_again(tmp_path: Path) -> None:
    dead = pod("told", statuses=[crashed(0, ended(1, message="ValueError: no"))])
    with api_server.cluster(tmp_path, _objects(dead)) as cluster:
        assert "ValueError: no" in _status(cluster).detail
        assert "log" not in cluster.asked()


def test_words_that_were_cut_off_are_read_from_the_log(tmp_path: Path) -> None:
    words = json.dumps({"platformctl": "exit", "code": 65, "cause": "no " * 900, "hint": None})
    dead = pod("cut", statuses=[crashed(0, ended(65, message=words[-2048:]))])
    with api_server.cluster(tmp_path, _objects(dead), {"log": words}) as cluster:
        assert (_status(cluster).failure or "").startswith("no no no")


def test_what_we_may_not_ask_is_left_out(tmp_path: Path) -> None:
    forbidden = Said({"kind": "Status", "code": 403}, 403)
    dead = pod("forbidden", statuses=[crashed(0, ended(65))], age=60)
    with api_server.cluster(tmp_path, _objects(dead), {"log": forbidden, "events": forbidden}) as cluster:
        assert "ended with exit code 65" in _status(cluster).detail


def test_what_an_image_of_ones_own_lacks_is_named(tmp_path: Path) -> None:
    with api_server.cluster(tmp_path, _objects(_ready("own")), {"metrics": "other 1\n"}) as cluster:
        status = _status(cluster)
        assert status.lacks == (servers.NO_METRICS, servers.NO_HEADER)
        assert status.serving is None


def test_an_image_of_ones_own_that_counts_as_ours_do_lacks_nothing_of_that(tmp_path: Path) -> None:
    counts = 'platformctl_requests_total{code="200"} 1\n'
    with api_server.cluster(tmp_path, _objects(_ready("counts")), {"metrics": counts}) as cluster:
        assert _status(cluster).lacks == (servers.NO_HEADER,)


@pytest.mark.parametrize("reply", [Said("busy", 503), Said({"kind": "Status", "code": 403}, 403)])
def test_a_page_that_could_not_be_had_says_nothing_and_is_asked_for_again(
    reply: Said, tmp_path: Path
) -> None:
    name = f"busy-{reply.status}"
    with api_server.cluster(tmp_path, _objects(_ready(name)), {"about": reply}) as cluster:
        assert _status(cluster).lacks == ()
        before = cluster.asked()["about"]
        _status(cluster)
        assert cluster.asked()["about"] > before
