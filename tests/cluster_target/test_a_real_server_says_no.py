"""The same refusals as a real API server words them today, each brought about."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from platformctl import render
from platformctl.adapters.cluster.api.answers import Missing
from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import (
    CONFIG_MAP,
    HTTP_ROUTE,
    INFERENCE_SERVICE,
    NAMESPACE,
    NODE,
    QUOTA,
    SCALED_OBJECT,
)
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.domain.errors import Refused, Unreachable
from platformctl.domain.revision import Scale
from tests.cluster_target.routes import SHAPE
from tests.fakes.values import revision
from tests.ports import free_port

pytestmark = pytest.mark.full


def _config_map(name: str = "it", **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "b"}, **more}


@pytest.fixture
def bob(kubeconfig: Path, namespace: str, tmp_path: Path) -> Api:
    """The same cluster for somebody who has no rights: an administrator who stands for him."""
    document = yaml.safe_load(kubeconfig.read_text())
    for user in document["users"]:
        user["user"] |= {"as": "bob", "as-groups": ["a", "b"]}
    own = tmp_path / "bob"
    own.write_text(yaml.safe_dump(document))
    return open_api(Access(str(own)), namespace, {})


def test_who_has_no_rights_hears_which_and_how_to_get_them(bob: Api, namespace: str) -> None:
    with pytest.raises(Unreachable, match=rf"bob may not patch configmaps in namespace {namespace}") as error:
        bob.apply(_config_map())
    assert f"--verb=patch --resource=configmaps -n {namespace}" in (error.value.hint or "")
    with pytest.raises(Unreachable, match="bob may not list nodes in the whole cluster") as error:
        bob.list(NODE)
    assert "clusterrolebinding" in (error.value.hint or "")
    with pytest.raises(Unreachable, match=r"may not get httproutes\.gateway\.networking\.k8s\.io"):
        bob.get(HTTP_ROUTE, "churn")


def test_a_token_that_nobody_knows_is_refused(kubeconfig: Path, namespace: str, tmp_path: Path) -> None:
    document = yaml.safe_load(kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {"token": "nobody-knows-it"}
    own = tmp_path / "stranger"
    own.write_text(yaml.safe_dump(document))
    with pytest.raises(Unreachable, match=r"does not accept who we say we are \(401\)"):
        open_api(Access(str(own)), namespace, {}).get(HTTP_ROUTE, "churn")


def test_a_certificate_that_is_not_trusted_is_told(kubeconfig: Path, namespace: str, tmp_path: Path) -> None:
    document = yaml.safe_load(kubeconfig.read_text())
    for one in document["clusters"]:
        one["cluster"] = {"server": one["cluster"]["server"]}
    own = tmp_path / "trusting"
    own.write_text(yaml.safe_dump(document))
    with pytest.raises(Unreachable, match="its certificate is not trusted") as error:
        open_api(Access(str(own)), namespace, {}).get(HTTP_ROUTE, "churn")
    assert "certificate-authority-data" in (error.value.hint or "")


def test_a_kind_that_the_cluster_does_not_have_names_its_product(api: Api) -> None:
    scaled = {"apiVersion": SCALED_OBJECT.api_version, "kind": SCALED_OBJECT.name, "metadata": {"name": "x"}}
    for ask in (
        lambda: api.get(SCALED_OBJECT, "x"),
        lambda: api.list(SCALED_OBJECT),
        lambda: api.apply(scaled),
        lambda: api.delete(SCALED_OBJECT, "x"),
    ):
        with pytest.raises(Refused, match="is without KEDA"):
            ask()


def test_what_is_not_there_is_none_false_or_missing(api: Api) -> None:
    assert api.get(INFERENCE_SERVICE, "x") is None
    assert api.get(CONFIG_MAP, "x", "never-made") is None
    assert api.delete(CONFIG_MAP, "x") is False
    with pytest.raises(Missing):
        api.patch(CONFIG_MAP, "x", {"data": {}})
    assert Api(api.transport, "never-made").list(CONFIG_MAP) == []


def test_a_quota_is_named(api: Api) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}}
    api.apply({**quota, "spec": {"hard": {"count/configmaps": "0"}}})
    status = {"status": {"hard": {"count/configmaps": "0"}, "used": {"count/configmaps": "0"}}}
    _patch_status(api, QUOTA.path(api.namespace, "team"), status)
    with pytest.raises(Refused, match="does not fit into the quota team: requested: count/configmaps=1"):
        api.apply(_config_map())


def test_a_field_that_is_unknown_is_refused_and_not_dropped(api: Api) -> None:
    made = dict(render.revision(_revision(), Scale(), replace(SHAPE, namespace=api.namespace))[0])
    made["spec"] = {**made["spec"], "canary": {"no": "such field"}, "unheardOf": 1}
    with pytest.raises(Refused, match=r"\.spec\.unheardOf: field not declared"):
        api.apply(made)
    assert api.get(INFERENCE_SERVICE, _revision().id) is None


def test_what_is_invalid_names_its_field(api: Api) -> None:
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x"}}
    with pytest.raises(Refused, match="leaseDurationSeconds") as error:
        api.create({**lease, "spec": {"leaseDurationSeconds": -1}})
    assert error.value.field == "spec.leaseDurationSeconds"
    with pytest.raises(Refused, match=r"too large|Too long"):
        api.apply(_config_map(metadata={"name": "x", "annotations": {"big": "x" * 300_000}}))


def test_pod_security_is_named(api: Api) -> None:
    enforced = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    api.patch(NAMESPACE, api.namespace, enforced)
    api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}
    with pytest.raises(Refused, match="not allowed by Pod Security restricted:latest"):
        api.apply({**pod, "spec": {"containers": [{"name": "x", "image": "x"}]}})


def test_a_webhook_that_is_down_is_named(api: Api) -> None:
    name = f"down-{api.namespace}"
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "resources": ["configmaps"],
        "operations": ["*"],
        "scope": "*",
    }
    webhook = {
        "name": "down.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "clientConfig": {"url": f"https://127.0.0.1:{free_port()}/x"},
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": api.namespace}},
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }
    _post(api, path, configuration)
    try:
        with pytest.raises(Unreachable, match=r"needs the webhook down\.example\.com, which does not answer"):
            _until_refused(api)
    finally:
        api.raw("DELETE", f"{path}/{name}")


def test_a_namespace_that_is_being_removed_says_so(api: Api) -> None:
    api.patch(NAMESPACE, api.namespace, {"metadata": {"finalizers": ["example.com/waits"]}})
    api.apply(_config_map("holds", metadata={"name": "holds", "finalizers": ["example.com/waits"]}))
    api.delete(NAMESPACE, api.namespace)
    try:
        with pytest.raises(Refused, match=f"namespace {api.namespace} is being removed"):
            api.apply(_config_map())
    finally:
        api.patch(CONFIG_MAP, "holds", {"metadata": {"finalizers": None}})
        api.patch(NAMESPACE, api.namespace, {"metadata": {"finalizers": None}})


def _revision() -> Any:
    plain = revision(1)
    return plain.model_copy(update={"model": plain.model.model_copy(update={"uri": "s3://models/churn"})})


def _until_refused(api: Api) -> None:
    """The API server takes a moment to know of a webhook."""
    while True:
        api.apply(_config_map(), dry_run=True)


def _patch_status(api: Api, path: str, status: object) -> None:
    headers = {"content-type": "application/merge-patch+json"}
    reply = api.raw("PATCH", f"{path}/status", body=json.dumps(status).encode(), headers=headers)
    assert reply.status == 200, reply.body


def _post(api: Api, path: str, manifest: object) -> None:
    headers = {"content-type": "application/yaml"}
    reply = api.raw("POST", path, body=yaml.safe_dump(manifest).encode(), headers=headers)
    assert reply.status == 201, reply.body
