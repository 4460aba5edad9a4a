from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.cluster.observing import knative
from platformctl.adapters.cluster.observing.knative import Knative
from platformctl.domain.names import Name, RevisionId
from tests.cluster_status import api_server, knative_scene, scene
from tests.cluster_status.api_server import Cluster, Page
from tests.cluster_status.scene import NOW, container, crashed, ended
from tests.registry.stub import Said

pytestmark = pytest.mark.quick

OURS = RevisionId(scene.REVISION_NAME)
OTHER = RevisionId("churn-v5-aaaaaa")
LOOKS = {"churn": 1, "revisions": 1, "pods": 1}
"""At the InferenceService, at Knative's revisions, and at the pods."""


@contextmanager
def _deployment(
    folder: Path, *pods: Any, backing: list[Any], service: Page | None = None, **pages: Page
) -> Iterator[Cluster]:
    lists = {"revisions": backing, "pods": list(pods)}
    named = {"churn": service or knative_scene.service()}
    with api_server.cluster(folder, lists, {"about": {"runtime": "onnx"}, **named, **pages}) as cluster:
        yield cluster


def _look(cluster: Cluster) -> Knative:
    return knative.revisions(cluster.api, Name(scene.NAME), NOW)


def test_one_object_two_lists_and_one_page_a_revision_then_no_page(tmp_path: Path) -> None:
    both = [knative_scene.revision(7), knative_scene.revision(8, of=OTHER)]
    pods = [knative_scene.pod("lists-a"), knative_scene.pod("lists-b"), knative_scene.pod("lists-c", 8)]
    pods[2]["metadata"]["labels"]["platformctl.io/revision"] = OTHER
    with _deployment(tmp_path, *pods, backing=both) as cluster:
        found = _look(cluster)
        assert {revision: status.ready for revision, status in found.statuses.items()} == {OURS: 2, OTHER: 1}
        assert found.service
        assert [one["metadata"]["name"] for one in found.backing[OTHER]] == ["churn-predictor-00008"]
        assert cluster.asked() == {**LOOKS, "about": 2}
        _look(cluster)
        assert cluster.asked() == {**dict.fromkeys(LOOKS, 2), "about": 2}


def test_what_sleeps_is_asked_nothing_more(tmp_path: Path) -> None:
    asleep = knative_scene.revision(7, knative_scene.NO_TRAFFIC, *knative_scene.READY, least=0)
    with _deployment(tmp_path, backing=[asleep]) as cluster:
        assert _look(cluster).statuses[OURS].asleep
        assert cluster.asked() == LOOKS


def test_autoscalers_are_listed_where_something_scales_by_resources(tmp_path: Path) -> None:
    hpa = {"class": "hpa.autoscaling.knative.dev", "metric": "cpu", "target": "80"}
    with _deployment(tmp_path, backing=[knative_scene.revision(7, annotations=hpa)]) as cluster:
        _look(cluster)
        assert cluster.asked() == {**LOOKS, "horizontalpodautoscalers": 1}


def test_what_is_being_deleted_is_not_live_but_the_template_is(tmp_path: Path) -> None:
    leaving = knative_scene.revision(7, of=OTHER)
    leaving["metadata"]["deletionTimestamp"] = scene.ago(1)
    with _deployment(tmp_path, backing=[leaving]) as cluster:
        found = _look(cluster)
        assert (set(found.statuses), dict(found.backing)) == ({OURS}, {})


def test_there_is_nothing_to_ask_about_what_is_not_there(tmp_path: Path) -> None:
    absent = Said('{"kind":"Status","code":404,"reason":"NotFound","details":{"name":"churn"}}', 404)
    with _deployment(tmp_path, backing=[], service=absent) as cluster:
        assert _look(cluster) == Knative()
        assert cluster.asked() == LOOKS


def test_what_is_not_well_of_the_newest_is_looked_at_and_told(tmp_path: Path) -> None:
    dead = [crashed(0, ended(65)), container("queue-proxy")]
    words = '{"platformctl": "exit", "code": 65, "cause": "corrupt", "hint": null}'
    pods = [knative_scene.pod("old", 7), knative_scene.pod("new", 8, ready=False, statuses=dead)]
    both = [knative_scene.revision(7), knative_scene.revision(8)]
    with _deployment(tmp_path, *pods, backing=both, log=words) as cluster:
        found = _look(cluster)
        assert (found.statuses[OURS].failure, found.stuck[OURS]) == (None, "corrupt")
        (path,) = [asked.target for asked in cluster.stub.asked if "/log" in asked.target]
        assert "container=kserve-container" in path
