from datetime import timedelta
from typing import Any

import pytest

from tests.cluster_status import scene
from tests.cluster_status.scene import NOW, condition, container, deployment, of, pod, service

pytestmark = pytest.mark.quick


def _counts(**more: Any) -> tuple[int, int]:
    status = of(*more.pop("pods", ()), **more)
    return status.ready, status.replicas


def test_a_pod_that_answers_is_a_replica() -> None:
    status = of(pod(ready=True))
    assert status.is_ready
    assert (status.failure, status.detail) == (None, "")


def test_ready_of_the_inference_service_is_not_looked_at() -> None:
    of_kserve = service()
    of_kserve["status"]["conditions"] = [condition("Ready", "True")]
    assert not of(pod(), service=of_kserve).is_ready


def test_a_pod_that_is_about_to_go_does_not_count() -> None:
    going = pod("going", ready=True)
    going["metadata"]["deletionTimestamp"] = scene.ago(1)
    assert _counts(pods=[going, pod("new")], service=service(), deployments=[deployment()]) == (0, 1)


def test_a_new_minimum_counts_before_kserve_has_handed_it_on() -> None:
    assert _counts(pods=[pod(ready=True)], service=service(4, 4), deployments=[deployment(1)]) == (1, 4)


def test_replicas_are_those_that_the_autoscaler_wants_now() -> None:
    assert _counts(pods=[pod(ready=True)], service=service(1, 5), deployments=[deployment(3)]) == (1, 3)


def test_a_revision_that_kserve_has_not_looked_at_yet_is_live() -> None:
    status = of(service=service(2, 2), deployments=[])
    assert (status.ready, status.replicas) == (0, 2)
    assert "KServe makes its Deployment" in status.detail


def test_one_that_is_being_removed_is_live_and_never_ready() -> None:
    leaving = service()
    leaving["metadata"]["deletionTimestamp"] = scene.ago(2)
    status = of(pod(ready=True), service=leaving)
    assert (status.ready, status.is_ready) == (0, False)
    assert "being removed" in status.detail


def test_a_transformer_and_its_predictor_are_a_pair() -> None:
    both = service(2, 2, transformer=True)
    deployments = [deployment(2), deployment(2, "transformer")]
    predictors = [pod(name, ready=True) for name in ("a", "b")]
    one, other = (pod(name, component="transformer", ready=name == "c") for name in ("c", "d"))
    assert _counts(pods=[*predictors, one, other], service=both, deployments=deployments) == (1, 2)
    assert _counts(pods=predictors, service=both, deployments=deployments) == (0, 2)


def test_a_pair_that_scales_apart_is_ready_when_each_has_what_it_wants() -> None:
    both = service(1, 5, transformer=True)
    deployments = [deployment(3), deployment(1, "transformer")]
    pods = [pod(name, ready=True) for name in ("a", "b", "c")]
    front = pod("d", component="transformer", ready=True)
    assert _counts(pods=[*pods, front], service=both, deployments=deployments) == (3, 3)
    assert _counts(pods=[*pods[:2], front], service=both, deployments=deployments) == (2, 3)
    assert _counts(pods=pods, service=both, deployments=deployments) == (0, 3)


def test_since_is_the_last_change_of_what_is_not_ready() -> None:
    status = of(pod("a", ready=True, age=5), pod("b", age=40), pod("c", age=20))
    assert status.since == NOW - timedelta(seconds=20)
    assert of(pod(ready=True, age=7)).since == NOW - timedelta(seconds=7)


def test_restarts_of_all_containers_are_counted() -> None:
    again = container(restarts=2, last=scene.ended(1))
    assert of(pod("a", statuses=[again]), pod("b", statuses=[again])).restarts == 4


def test_an_evicted_pod_is_no_replica_and_is_told_of_while_it_matters() -> None:
    evicted = pod(
        "old", status={"phase": "Failed", "reason": "Evicted", "message": "low on resource: memory"}
    )
    status = of(evicted, pod("new"), service=service(), deployments=[deployment()])
    assert status.replicas == 1
    assert "evicted from node-1: low on resource: memory" in status.detail
    assert of(evicted, pod("new", ready=True), service=service(), deployments=[deployment()]).detail == ""


def test_its_own_address_goes_past_the_route() -> None:
    assert of(pod()).address == "http://churn-v4-3f9a1c-predictor.models.svc"
    front = of(pod(), service=service(transformer=True))
    assert front.address == "http://churn-v4-3f9a1c-transformer.models.svc"


def test_what_an_object_lacks_is_no_error() -> None:
    status = of({"metadata": {}}, service={"metadata": {"name": "x"}, "status": None}, deployments=[{}])
    assert (status.ready, status.replicas) == (0, 1)
