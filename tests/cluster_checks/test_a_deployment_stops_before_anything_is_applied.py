from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.checking import checks
from platformctl.domain.cluster import Storage
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import ModelVersion, Revision, Scale
from platformctl.domain.scaling import Prometheus
from tests.cluster_checks import conftest as parts
from tests.cluster_checks.conftest import SHAPE, Server, config, groups

pytestmark = pytest.mark.quick

CONTAINERS = "/apis/serving.kserve.io/v1alpha1/clusterstoragecontainers"
REVISION = Revision(deployment=Name("churn"), model=ModelVersion(model="churn", version="1", uri="s3://a/b"))


def test_nothing_is_said_where_nothing_is_missing(api: Api, server: Server) -> None:
    assert checks.findings(api, SHAPE, REVISION, Scale()) == []
    assert {path for path in server.asked if path != parts.REVIEWS} == {*server.answers} - {parts.NODES}


def test_a_cluster_that_is_none_for_us_is_refused_with_all_that_is_wrong(api: Api, server: Server) -> None:
    server.answers[parts.GATEWAY] = (200, parts.gateway("False"))
    server.denied = {("delete", "httproutes", "models"), ("get", "pods/log", "models")}
    with pytest.raises(Refused) as caught:
        checks.findings(api, SHAPE, REVISION, Scale())
    first, second = caught.value.message.splitlines()
    assert first.startswith("the Gateway kserve/kserve-ingress-gateway is not accepted")
    assert second.startswith("may not delete httproutes.gateway.networking.k8s.io in namespace models: ")
    assert "kubectl describe gateway -n kserve kserve-ingress-gateway" in str(caught.value.hint)


@pytest.mark.parametrize("mode", ["Knative", "Serverless", "ModelMesh"])
def test_the_default_of_a_cluster_stops_nobody_who_says_another_mode(
    api: Api, server: Server, mode: str
) -> None:
    server.answers[parts.CONFIG] = (200, config(mode))
    assert checks.findings(api, SHAPE, REVISION, Scale()) == []


@pytest.mark.parametrize(
    ("scale", "name", "field"),
    [
        (Scale(minimum=1, maximum=3, cpu=80), "metrics-server", "spec.scaling.max"),
        (
            Scale(maximum=3, prometheus=Prometheus(address="http://p:9090", query="up", threshold=1)),
            *("keda", "spec.scaling.prometheus"),
        ),
    ],
)
def test_what_the_scaling_asks_for_has_to_be_there(
    api: Api, server: Server, scale: Scale, name: str, field: str
) -> None:
    server.answers["/apis"] = (
        200,
        groups(*(g for g in parts.GROUPS if "metrics" not in g and "keda" not in g)),
    )
    (finding,) = checks.findings(api, SHAPE, REVISION, scale)
    assert (finding.severity, finding.field) == (Severity.ERROR, field)
    assert finding.message.startswith(f"{name}: not installed, and ")
    assert checks.findings(api, SHAPE, REVISION, Scale(minimum=2, maximum=2)) == []


def test_what_is_only_doubtful_is_told(api: Api, server: Server) -> None:
    server.answers[parts.CONTROLLERS] = (200, parts.controller("kserve/kserve-controller:v0.21.3"))
    assert checks.findings(api, SHAPE, REVISION, Scale()) == [
        Finding(
            Severity.WARNING,
            "kserve: 0.21 is newer than 0.20, the newest that is tested",
            hint="platformctl deploy NAME --dry-run=server says whether it takes what we render",
        )
    ]


def proxied(*environments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "metadata": {"name": "platformctl-mlflow"},
        "spec": {
            "container": {"envFrom": list(environments)},
            "supportedUriFormats": [{"prefix": "s3://"}, {"regex": "mlflow-artifacts:/.*"}],
        },
    }


def test_what_mlflows_server_hands_out_needs_somebody_who_downloads_it(api: Api, server: Server) -> None:
    model = ModelVersion(model="churn", version="1", uri="mlflow-artifacts:/1/models/m-1/artifacts")
    revision = Revision(deployment=Name("churn"), model=model)
    server.answers[CONTAINERS] = (200, {"items": []})
    (finding,) = checks.findings(api, SHAPE, revision, Scale())
    assert (finding.severity, finding.field) == (Severity.ERROR, "spec.model")
    assert "nothing in the cluster can download mlflow-artifacts:/1/models/m-1/artifacts" in finding.message
    assert "kubectl apply -f storage/clusterstoragecontainer.yaml" in finding.hint

    secret = {"secretRef": {"name": "platformctl-mlflow"}}
    server.answers[CONTAINERS] = (200, {"items": [proxied({"configMapRef": {"name": "x"}}, secret)]})
    (finding,) = checks.findings(api, SHAPE, revision, Scale())
    assert "there is no Secret platformctl-mlflow in namespace models" in finding.message
    assert "--from-literal=MLFLOW_TRACKING_URI=URI" in finding.hint

    server.answers["/api/v1/namespaces/models/secrets/platformctl-mlflow"] = (200, {"data": {}})
    assert checks.findings(api, SHAPE, revision, Scale()) == []

    mapped = replace(SHAPE, storage=replace(SHAPE.storage, mapping={"mlflow-artifacts:/": "s3://models"}))
    server.answers[CONTAINERS] = (200, {"items": []})
    assert checks.findings(api, mapped, revision, Scale()) == []


def test_a_store_that_is_asked_as_nobody_is_told(api: Api, server: Server) -> None:
    nothing = replace(SHAPE, storage=Storage())
    own: dict[str, Any] = {"metadata": {"name": "default"}}
    server.answers["/api/v1/namespaces/models/serviceaccounts/default"] = (200, own)
    (finding,) = checks.findings(api, nothing, REVISION, Scale())
    assert (finding.severity, finding.field) == (Severity.WARNING, "spec.model")
    assert finding.message == "storage: pods will read s3://a/b without credentials: none are configured"
    own["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/models"}
    assert checks.findings(api, nothing, REVISION, Scale()) == []
    assert checks.findings(api, SHAPE, REVISION, Scale()) == []
