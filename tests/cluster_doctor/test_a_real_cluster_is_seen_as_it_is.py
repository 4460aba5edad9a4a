"""What `doctor` and `deploy` look at, on a real cluster: as it is, and with parts of it wrong."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.checking import checks
from platformctl.adapters.cluster.checking.check import Check
from platformctl.domain.cluster import Gateway, Mode, Shape, Storage
from platformctl.domain.errors import Refused
from platformctl.domain.observed import Severity
from platformctl.domain.revision import Scale
from tests.cluster import kubectl
from tests.fakes.values import revision

pytestmark = pytest.mark.full

_FOREIGN = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "nobodys"},
    "spec": {
        "gatewayClassName": "nobody",
        "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}],
    },
}


@pytest.fixture
def api(kubeconfig: Path, namespace: str) -> Api:
    return open_api(Access(str(kubeconfig)), namespace, {})


def errors(api: Api, shape: Shape, name: str = "") -> list[Check]:
    """All that is wrong, or what is of that name."""
    made = [check for check in checks.all_of(api, shape) if name in ("", check.name)]
    assert made
    return [check for check in made if check.severity is Severity.ERROR]


def test_nothing_is_missing_and_the_version_is_told(api: Api, shape: Shape) -> None:
    made = {check.name: check for check in checks.all_of(api, shape)}
    assert [check for check in made.values() if check.severity is Severity.ERROR] == []
    assert made["kserve"].text.startswith("0.")
    assert made["mode"].text == "Standard by default"
    assert made["metrics-server"].text == "installed: scaling by cpu or memory works"
    assert made["gateway"].text.startswith("kserve/kserve-ingress-gateway is accepted")


@pytest.mark.usefixtures("knative")
@pytest.mark.parametrize("mode", [None, *Mode])
def test_where_knative_is_it_is_looked_at_too(api: Api, shape: Shape, mode: Mode | None) -> None:
    made = {check.name: check for check in checks.all_of(api, shape, mode)}
    assert [check for check in made.values() if check.severity is Severity.ERROR] == []
    assert made["knative"].text == "Knative Serving 0.48"
    assert made["kserve's start"].text == "since Knative Serving is there"
    assert "stand-in.ingress.networking.knative.dev" in made["ingress"].text
    assert made["domain"].text == "hosts end in example.com"
    assert made["queue-proxy"].text == "each replica asks for 25m cpu more than its servers do"
    assert made["gateway"].text.startswith("kserve/kserve-ingress-gateway is accepted")


@pytest.mark.usefixtures("knative")
def test_what_knative_would_refuse_is_found_before_anything_is_applied(api: Api, shape: Shape) -> None:
    it = revision(1)
    it = it.model_copy(update={"model": it.model.model_copy(update={"uri": "s3://models/churn"})})
    made = checks.knative_findings(api, shape, it, Scale(maximum=3, concurrency=10))
    assert [finding for finding in made if finding.severity is Severity.ERROR] == []
    sums = "each replica asks for 1025m cpu and 2048Mi memory; queue-proxy's part of that is 25m cpu"
    assert f"queue-proxy: {sums}" in {finding.message for finding in made}
    with pytest.raises(Refused, match="there is no namespace not-there"):
        checks.knative_findings(api, replace(shape, namespace="not-there"), it, Scale())


def test_what_is_wrong_is_found_before_anything_is_applied(api: Api, shape: Shape) -> None:
    api.apply({**_FOREIGN, "metadata": {"name": "nobodys", "namespace": shape.namespace}})
    wrong = replace(
        shape,
        gateway=Gateway(shape.namespace, "nobodys"),
        storage=Storage(secret="s3", service_account="nobody"),  # noqa: S106 - the name of a Secret
    )
    assert [check.name for check in errors(api, wrong)] == ["gateway", "storage", "storage"]
    with pytest.raises(Refused) as caught:
        checks.findings(api, wrong, revision(1), Scale())
    assert f"the Gateway {shape.namespace}/nobodys is not accepted" in caught.value.message
    assert f"there is no ServiceAccount nobody in namespace {shape.namespace}" in caught.value.message
    assert "kubectl create secret generic s3" in str(caught.value.hint)


def test_the_hint_makes_a_secret_that_kserve_can_read(api: Api, shape: Shape, kubeconfig: Path) -> None:
    own = replace(shape, storage=Storage(secret="s3"))  # noqa: S106 - the name of a Secret
    kubectl.run(
        kubeconfig, *("create", "secret", "generic", "s3", "-n", shape.namespace), "--from-literal=user=a"
    )
    assert [one.text for one in errors(api, own, "storage")] == [
        "Secret s3 has no key that KServe reads: user"
    ]
    kubectl.run(kubeconfig, "delete", "secret", "s3", "-n", shape.namespace)
    (missing,) = errors(api, own, "storage")
    kubectl.run(kubeconfig, *missing.hint.removeprefix("for S3: kubectl ").split())
    assert errors(api, own, "storage") == []


@pytest.fixture
def leaving(kubeconfig: Path, namespace: str) -> Iterator[str]:
    """A namespace that is being removed, and cannot go yet."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": namespace}}
    held["metadata"]["finalizers"] = ["platformctl.io/test"]  # type: ignore[index]
    kubectl.run(kubeconfig, "apply", "-f", "-", stdin=json.dumps(held))
    kubectl.run(kubeconfig, "delete", "namespace", namespace, "--wait=false")
    yield namespace
    patch = '{"metadata": {"finalizers": null}}'
    kubectl.run(kubeconfig, "patch", "configmap", "held", "-n", namespace, "--type=merge", "-p", patch)


def test_a_namespace_that_is_being_removed(leaving: str, api: Api, shape: Shape) -> None:
    (check,) = errors(api, shape, "namespace")
    assert check.text == f"namespace {leaving} is being removed: nothing can be made in it"


def test_a_namespace_that_is_not_there(api: Api, shape: Shape) -> None:
    (check,) = errors(api, replace(shape, namespace="not-there"), "namespace")
    assert check.hint.startswith("kubectl create namespace not-there")
