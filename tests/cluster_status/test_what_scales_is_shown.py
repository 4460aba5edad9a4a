from typing import Any

import pytest

from platformctl.domain.observed import Gauge
from platformctl.domain.revision import Scale
from platformctl.domain.scaling import Prometheus
from tests.cluster_status.scene import deployment, of, pod, service

pytestmark = pytest.mark.quick

QUERY = 'sum(rate(requests{revision="churn-v4-3f9a1c"}[1m]))'


def _resource(name: str, percent: int) -> dict[str, Any]:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": name, "target": target}}


def _autoscaler(*metrics: dict[str, Any], now: list[dict[str, Any]], least: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"name": "churn-v4-3f9a1c-predictor"},
        "spec": {"minReplicas": least, "maxReplicas": 5, "metrics": list(metrics)},
        "status": {"currentMetrics": now},
    }


def test_a_target_and_what_it_is_now() -> None:
    now = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 42}}}]
    autoscaler = _autoscaler(_resource("cpu", 80), _resource("memory", 70), now=now)
    wanted = service(1, 5, autoScaling={"metrics": [_resource("cpu", 80), _resource("memory", 70)]})
    status = of(pod(ready=True), service=wanted, deployments=[deployment(1)], autoscalers=[autoscaler])
    assert status.gauges == (Gauge("cpu", "80 %", "42 %"), Gauge("memory", "70 %"))
    assert status.bounds == (1, 5)
    assert status.scale == Scale(minimum=1, maximum=5, cpu=80, memory=70)


def test_a_query_is_named_by_itself() -> None:
    metric = {"backend": "prometheus", "serverAddress": "http://prometheus:9090", "query": QUERY}
    external = {"metric": metric, "target": {"type": "Value", "value": "50"}}
    wanted = service(1, 5, autoScaling={"metrics": [{"type": "External", "external": external}]})
    wanted["metadata"]["annotations"] = {"serving.kserve.io/autoscalerClass": "keda"}
    target = {"metric": {"name": "s0-prometheus"}, "target": {"averageValue": "50"}}
    current = {"metric": {"name": "s0-prometheus"}, "current": {"averageValue": "12"}}
    autoscaler = _autoscaler(
        {"type": "External", "external": target}, now=[{"type": "External", "external": current}]
    )
    status = of(pod(ready=True), service=wanted, deployments=[deployment(1)], autoscalers=[autoscaler])
    assert status.gauges == (Gauge(QUERY, "50 a replica", "12 a replica"),)
    assert status.scale == Scale(
        minimum=1,
        maximum=5,
        prometheus=Prometheus(address="http://prometheus:9090", query=QUERY, threshold=50),
    )


def test_where_nothing_scales_there_is_nothing_to_look_at() -> None:
    status = of(pod(ready=True), service=service(2, 2))
    assert (status.bounds, status.gauges) == (None, ())
    assert status.scale == Scale(minimum=2, maximum=2)


def test_bounds_are_those_that_the_autoscaler_follows_now() -> None:
    autoscaler = _autoscaler(_resource("cpu", 80), now=[], least=4)
    status = of(pod(ready=True), service=service(1, 5), deployments=[deployment(4)], autoscalers=[autoscaler])
    assert status.bounds == (4, 5)
    assert of(pod(ready=True), service=service(1, 5), deployments=[deployment(1)]).bounds == (1, 5)


def test_a_scale_that_no_spec_can_say_is_not_guessed() -> None:
    odd = service(
        1,
        5,
        autoScaling={"metrics": [{"type": "External", "external": {"metric": {"backend": "prometheus"}}}]},
    )
    assert of(pod(ready=True), service=odd, deployments=[deployment(1)]).scale is None
