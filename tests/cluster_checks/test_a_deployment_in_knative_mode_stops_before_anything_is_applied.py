import json
from dataclasses import replace
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.checking import checks
from platformctl.domain.cluster import Images, Shape
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.resources import Gpu, Resources, Toleration
from platformctl.domain.revision import ModelVersion, Revision, Scale
from tests.cluster_checks import conftest as parts
from tests.cluster_checks import knative_parts as knative
from tests.cluster_checks.conftest import SHAPE, Server, groups

pytestmark = pytest.mark.quick

REVISION = Revision(deployment=Name("churn"), model=ModelVersion(model="churn", version="1", uri="s3://a/b"))
INFO = Finding(
    Severity.INFO,
    "queue-proxy: each replica asks for 1025m cpu and 2048Mi memory; queue-proxy's part of that is 25m cpu",
    "spec.resources",
)


@pytest.fixture(autouse=True)
def _installed(server: Server) -> None:
    knative.install(server)


def found(
    api: Api, revision: Revision = REVISION, scale: Scale | None = None, shape: Shape = SHAPE
) -> list[Finding]:
    """What is found but for what is always said."""
    made = checks.knative_findings(api, shape, revision, scale or Scale())
    return [finding for finding in made if finding.message != INFO.message]


def placed(**resources: Any) -> Revision:
    return REVISION.model_copy(update={"resources": Resources(**resources)})


def test_where_nothing_is_missing_only_queue_proxys_part_is_said(api: Api) -> None:
    assert checks.knative_findings(api, SHAPE, REVISION, Scale()) == [INFO]


def test_it_needs_no_gateway_and_none_of_its_rights(api: Api, server: Server) -> None:
    server.answers[parts.GATEWAY] = (200, parts.gateway("False"))
    server.denied = {("create", "httproutes", "models"), ("get", "gateways", "kserve")}
    assert found(api) == []
    with pytest.raises(Refused, match="is not accepted"):
        checks.findings(api, SHAPE, REVISION, Scale())


def test_a_cluster_that_is_none_for_us_is_refused_with_all_that_is_wrong(api: Api, server: Server) -> None:
    server.answers[knative.DEPLOYMENTS] = knative.deployments("webhook")
    server.denied = {("patch", "inferenceservices/status", "models"), ("list", "ingresses", "")}
    with pytest.raises(Refused) as caught:
        found(api)
    first, second = caught.value.message.splitlines()
    assert first == "no pod is ready of webhook in namespace knative-serving"
    assert second.startswith("may not patch inferenceservices.serving.kserve.io/status in namespace models: ")
    server.answers["/apis"] = (200, groups(*parts.GROUPS))
    with pytest.raises(
        Refused, match=r"not installed: the cluster has no Service of serving\.knative\.dev/v1"
    ):
        found(api)


@pytest.mark.parametrize(
    ("resources", "key", "field"),
    [
        ({"node_selector": {"pool": "a"}}, "kubernetes.podspec-nodeselector", "spec.resources"),
        (
            {"tolerations": (Toleration(key="gpu", operator="Exists"),)},
            *("kubernetes.podspec-tolerations", "spec.resources.tolerations"),
        ),
    ],
)
def test_what_knative_takes_only_if_it_is_told_to_is_refused_with_the_command(
    api: Api, server: Server, resources: dict[str, Any], key: str, field: str
) -> None:
    (finding,) = found(api, placed(**resources))
    assert (finding.severity, finding.field) == (Severity.ERROR, field)
    assert finding.message.endswith(f"unless {key} is enabled")
    assert finding.hint.startswith("kubectl patch configmap -n knative-serving config-features --type merge")
    patched = json.loads(finding.hint.partition("-p '")[2].rstrip("'"))["data"]
    for said in (patched[key], "Allowed"):
        server.answers[knative.CONFIG_MAPS] = knative.config(config_features={key: said})
        assert found(api, placed(**resources)) == []
    server.answers[knative.CONFIG_MAPS] = knative.config(config_features={key: "disabled"})
    assert len(found(api, placed(**resources))) == 1


def test_what_knative_takes_by_itself_may_be_switched_off(api: Api, server: Server) -> None:
    features = {"kubernetes.podspec-volumes-emptydir": "disabled"}
    server.answers[knative.CONFIG_MAPS] = knative.config(config_features=features)
    (finding,) = found(api)
    assert finding.message == (
        "features: Knative refuses folders of a pod's own "
        "unless kubernetes.podspec-volumes-emptydir is enabled"
    )


def test_requests_are_counted_by_knative_cpu_by_another_part_of_it(api: Api, server: Server) -> None:
    server.answers["/apis"] = (200, groups("serving.kserve.io/v1beta1", knative.GROUP))
    server.answers[knative.DEPLOYMENTS] = knative.deployments(without=("autoscaler-hpa",))
    for scale in (Scale(maximum=3, concurrency=10), Scale(minimum=0, maximum=3, rps=50)):
        assert found(api, scale=scale) == []
    metrics, hpa = found(api, scale=Scale(maximum=3, cpu=80))
    assert metrics.message.startswith("metrics-server: not installed")
    assert (hpa.severity, hpa.field) == (Severity.ERROR, "spec.scaling")
    assert "spec.scaling.concurrency or rps" in hpa.hint


def test_an_image_whose_tag_knative_cannot_resolve_is_refused(api: Api, server: Server) -> None:
    images = Images("localhost/platformctl-predictor:1.0", "localhost/platformctl-transformer:1.0", ("ghcr",))
    server.answers[parts.NODES] = (
        200,
        {
            "items": [
                {"metadata": {"name": "a"}, "status": {"images": [{"names": [images.predictor]}]}},
            ]
        },
    )
    errors = [
        one for one in found(api, shape=replace(SHAPE, images=images)) if one.severity is Severity.ERROR
    ]
    assert [error.message.partition(" is on no registry")[0] for error in errors] == [
        "tags: localhost/platformctl-predictor:1.0"
    ]


def gpu_node(cpu: str) -> dict[str, Any]:
    allocatable = {"cpu": cpu, "memory": "64Gi", "nvidia.com/gpu": "1"}
    ready = [{"type": "Ready", "status": "True"}]
    return {"metadata": {"name": "a"}, "status": {"allocatable": allocatable, "conditions": ready}}


@pytest.mark.parametrize(("cpu", "room"), [("2", 0), ("2025m", 1)])
def test_queue_proxys_part_counts_where_a_gpu_is_sought(
    api: Api, server: Server, cpu: str, room: int
) -> None:
    revision = placed(cpu="2", memory="4Gi", gpu=Gpu(count=1))
    server.answers[parts.NODES] = (200, {"items": [gpu_node(cpu)]})
    server.answers["/api/v1/pods"] = (200, {"items": []})
    errors = [one.message for one in found(api, revision) if one.severity is Severity.ERROR]
    text = "1 replicas with 1 nvidia.com/gpu each do not fit on the nodes: none is placed"
    assert errors == ([] if room else [text])


def test_what_may_not_be_looked_at_stops_nobody(api: Api, server: Server) -> None:
    forbidden = (403, {"kind": "Status", "reason": "Forbidden", "message": 'User "a" cannot list'})
    for path in (knative.DEPLOYMENTS, knative.CONFIG_MAPS, knative.INGRESSES, knative.KSERVE_PODS):
        server.answers[path] = forbidden
    assert found(api, placed(node_selector={"pool": "a"}), Scale(maximum=3, cpu=80)) == []
