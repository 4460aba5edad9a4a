from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.checking import checks, rights
from platformctl.adapters.cluster.checking.check import Check
from platformctl.domain.cluster import Images, Mode, Shape, Storage
from platformctl.domain.errors import Unreachable
from platformctl.domain.observed import Severity
from tests.cluster_checks import conftest as parts
from tests.cluster_checks.conftest import SHAPE, Server, config, controller, gateway, groups

pytestmark = pytest.mark.quick

ERROR, WARNING = Severity.ERROR, Severity.WARNING
FORBIDDEN: tuple[int, Mapping[str, Any]] = (403, {"kind": "Status", "reason": "Forbidden"})
MISSING: tuple[int, Mapping[str, Any]] = (404, {"kind": "Status", "reason": "NotFound"})


def found(api: Api, name: str, shape: Shape = SHAPE) -> list[Check]:
    return [check for check in checks.all_of(api, shape) if check.name == name]


def wrong(api: Api, shape: Shape = SHAPE) -> list[tuple[str, Severity]]:
    return [(c.name, c.severity) for c in checks.all_of(api, shape) if c.severity is not None]


def test_a_cluster_on_which_nothing_is_missing(api: Api) -> None:
    made = checks.all_of(api, SHAPE)
    assert [check for check in made if check.severity is not None] == []
    assert {check.name: check.text for check in made} == {
        "cluster": f"prod-eu ({api.place.server}), Kubernetes 1.35.4",
        "rights": f"{verbs()} of the {verbs()} that platformctl can use are given",
        "namespace": "models",
        "pod security": "restricted is enforced; our pods pass restricted",
        "kserve": "0.20",
        "mode": "Standard by default",
        "crds": "KServe's 6 are there",
        "gateway": f"{SHAPE.gateway} is accepted, and takes hosts such as name-models.example.com",
        "knative": "not installed; only Knative mode needs it",
        "storage": "Secret s3-credentials has credentials for S3",
        "images": "Secret ghcr to pull with",
        "metrics-server": "installed: scaling by cpu or memory works",
        "keda": "installed: scaling by a Prometheus query works",
        "gpus": "no node has any: spec.resources.gpu cannot be met",
    }


def verbs() -> int:
    return sum(len(right.verbs) for right in rights.of(Mode.STANDARD))


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        (
            "/apis",
            (200, groups("apps/v1", "gateway.networking.k8s.io/v1")),
            ("kserve", "not installed", "install"),
        ),
        (
            parts.CONTROLLERS,
            (200, controller("kserve/kserve-controller:v0.14.1")),
            ("kserve", "KServe 0.14 is too old: 0.15 is needed at least", "upgrade it"),
        ),
        (
            parts.CONTROLLERS,
            (200, controller("r.io:5000/kserve-controller:v0.18.0@sha256:12")),
            ("kserve", "KServe 0.18 is older than 0.20, which is rendered for", 'set kserve = "0.17"'),
        ),
        (
            "/apis/serving.kserve.io/v1alpha1",
            (200, {"resources": [{"name": "servingruntimes"}]}),
            (
                "crds",
                "no clusterservingruntimes, clusterstoragecontainers",
                "helm upgrade --install kserve-crd",
            ),
        ),
        (
            "/apis",
            (200, groups("serving.kserve.io/v1beta1")),
            ("gateway", "the Gateway API is not installed", "inst"),
        ),
        (
            parts.GATEWAY,
            MISSING,
            ("gateway", "there is no Gateway kserve/kserve-ingr", "kubectl get gateways -A"),
        ),
        (
            parts.GATEWAY,
            (200, gateway("False")),
            ("gateway", "is not accepted", "kubectl describe gateway -n kserve"),
        ),
        (
            parts.GATEWAY,
            (200, gateway(allowed="Same")),
            ("gateway", "lets routes of the namespace models in", "="),
        ),
        (
            parts.NAMESPACE,
            MISSING,
            ("namespace", "there is no namespace models", "kubectl create namespace models"),
        ),
        (
            parts.NAMESPACE,
            (200, {"status": {"phase": "Terminating"}}),
            ("namespace", "namespace models is being removed", "choose another one with --namespace"),
        ),
        (
            parts.SECRET,
            MISSING,
            ("storage", "there is no Secret s3-credentials", "kubectl create secret generic"),
        ),
        (
            parts.SECRET,
            (200, {"data": {"password": "", "user": ""}}),
            ("storage", "has no key that KServe reads: password, user", "HF_TOKEN"),
        ),
        (
            parts.SECRET,
            (200, {"data": {parts.KEY: ""}}),
            (
                "storage",
                "is for S3, and lacks AWS_ACCESS_KEY_ID",
                "kubectl edit secret s3-credentials -n models",
            ),
        ),
        (
            parts.ACCOUNT,
            MISSING,
            ("storage", "there is no ServiceAccount models", "kubectl create serviceaccount"),
        ),
        (
            parts.PULL,
            MISSING,
            ("images", "there is no Secret ghcr", "kubectl create secret docker-registry ghcr"),
        ),
        (
            parts.PULL,
            (200, {"type": "Opaque"}),
            ("images", "Secret ghcr is of type Opaque", "docker-registry"),
        ),
    ],
)
def test_what_cannot_be_deployed_to(
    api: Api, server: Server, path: str, answer: tuple[int, Mapping[str, Any]], expected: tuple[str, str, str]
) -> None:
    server.answers[path] = answer
    name, text, hint = expected
    errors = [check for check in checks.all_of(api, SHAPE) if check.severity is ERROR and check.name == name]
    assert len(errors) == 1
    assert text in errors[0].text
    assert hint in errors[0].hint


@pytest.mark.parametrize("path", [parts.CONFIG, parts.GATEWAY, parts.NAMESPACE, parts.SECRET, parts.PULL])
def test_what_may_not_be_looked_at_is_said_and_is_no_error(api: Api, server: Server, path: str) -> None:
    server.answers[path] = FORBIDDEN
    assert wrong(api) == []
    assert any("we may not look at" in check.text for check in checks.all_of(api, SHAPE))


def test_the_version_is_the_controllers_else_that_of_an_image_it_is_told_to_use(
    api: Api, server: Server
) -> None:
    server.answers[parts.CONTROLLERS] = (200, controller("registry.example/kserve:built-by-us"))
    server.answers[parts.CONFIG] = (200, config(image="kserve/storage-initializer:v0.21.0-rc1"))
    (check,) = found(api, "kserve")
    assert (check.severity, check.text) == (WARNING, "0.21 is newer than 0.20, the newest that is tested")
    server.answers[parts.CONFIG] = (200, config(image="kserve/storage-initializer:latest"))
    (check,) = found(api, "kserve")
    assert (check.severity, check.text) == (WARNING, "its version is not told; 0.20 is rendered for")


def test_a_mode_that_nobody_tells_is_not_assumed(api: Api, server: Server) -> None:
    server.answers[parts.CONFIG] = MISSING
    (check,) = found(api, "mode")
    assert check.severity is WARNING
    assert check.text.startswith("not known: there is no ConfigMap kserve/inferenceservice-config")
    server.answers[parts.CONFIG] = (200, {"data": {"deploy": "{}"}})
    assert found(api, "mode") == [Check("mode", "Standard by default")]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("RawDeployment", "Standard by default"),
        ("Serverless", "Knative by default"),
        ("Knative", "Knative by default"),
        ("ModelMesh", "ModelMesh by default; ours say in which mode they are"),
    ],
)
def test_no_default_is_wrong_for_deployments_that_say_their_mode(
    api: Api, server: Server, said: str, text: str
) -> None:
    server.answers[parts.CONFIG] = (200, config(said))
    assert found(api, "mode") == [Check("mode", text)]
    assert wrong(api) == []


def test_an_older_version_is_rendered_for_if_the_context_says_so(api: Api, server: Server) -> None:
    server.answers[parts.CONTROLLERS] = (200, controller("kserve/kserve-controller:v0.18.0"))
    (check,) = found(api, "kserve", replace(SHAPE, kserve="0.17"))
    assert (check.severity, check.text) == (None, "0.18; 0.17 is rendered for")


def test_what_scales_need_not_be_there_until_it_is_asked_for(api: Api, server: Server) -> None:
    server.answers["/apis"] = (
        200,
        groups(*(g for g in parts.GROUPS if "metrics" not in g and "keda" not in g)),
    )
    assert wrong(api) == [("metrics-server", WARNING), ("keda", WARNING)]


def test_keys_have_the_names_that_kserve_was_told(api: Api, server: Server) -> None:
    told = {"credentials": '{"s3": {"s3AccessKeyIDName": "id", "s3SecretAccessKeyName": "key"}}'}
    server.answers[parts.CONFIG] = (200, {"data": {**config()["data"], **told}})
    (check,) = [one for one in checks.all_of(api, SHAPE) if one.severity is ERROR]
    assert "for S3: kubectl create secret generic s3-credentials -n models" in check.hint
    assert "--from-literal=id=ID --from-literal=key=KEY" in check.hint
    server.answers[parts.SECRET] = (200, {"data": {"id": "", "key": ""}})
    assert wrong(api) == []
    server.answers[parts.CONFIG] = (200, {"data": {**config()["data"], "credentials": "{}"}})
    server.answers[parts.SECRET] = (200, {"data": {"awsAccessKeyID": "", "awsSecretAccessKey": ""}})
    assert wrong(api) == []


def test_images_that_are_on_no_registry_are_looked_for_on_the_nodes(api: Api, server: Server) -> None:
    image = "localhost/platformctl-predictor:1.0"
    shape = replace(SHAPE, images=Images(image, "ghcr.io/team/platformctl-transformer:1.0"))
    nodes = {"items": [{"metadata": {"name": "a"}, "status": {"images": [{"names": ["x@sha256:1", image]}]}}]}
    server.answers["/api/v1/nodes"] = (200, nodes)
    first, second = found(api, "images", shape)
    assert (first.severity, first.text) == (None, f"{image} is on 1 of 1 nodes, and on no registry")
    assert second.text.startswith("ghcr.io/team/platformctl-transformer:1.0 (configured")
    nodes["items"].append({"metadata": {"name": "b"}, "status": {}})
    check = found(api, "images", shape)[0]
    assert (check.severity, check.text) == (WARNING, f"{image} is on 1 of 2 nodes, and on no registry")
    assert f"kind load docker-image {image}" in check.hint
    server.answers["/api/v1/nodes"] = FORBIDDEN
    assert found(api, "images", shape)[0].severity is WARNING


def test_without_anything_configured_for_storage_it_says_what_pods_have(api: Api) -> None:
    (check,) = found(api, "storage", replace(SHAPE, storage=Storage()))
    assert "default ServiceAccount" in check.text


def test_a_right_that_is_needed_and_one_that_is_only_useful(api: Api, server: Server) -> None:
    server.denied = {
        ("create", "inferenceservices", "models"),
        ("patch", "inferenceservices", "models"),
        ("get", "pods/log", "models"),
        ("list", "nodes", ""),
    }
    made = {check.text: check for check in found(api, "rights")}
    needed = made["may not create,patch inferenceservices.serving.kserve.io in namespace models: a revision"]
    assert needed.severity is ERROR
    assert needed.hint == (
        "kubectl create role platformctl-inferenceservices --verb=create,patch "
        "--resource=inferenceservices.serving.kserve.io -n models && kubectl create rolebinding "
        "platformctl-inferenceservices --role=platformctl-inferenceservices --user=YOU -n models"
    )
    assert made["may not get pods/log in namespace models: logs"].severity is WARNING
    nodes = made["may not list nodes on the whole cluster: free GPUs"]
    assert nodes.hint.startswith(
        "kubectl create clusterrole platformctl-nodes --verb=list --resource=nodes && "
    )


def test_a_server_that_does_not_know_us(api: Api, server: Server) -> None:
    server.answers["/apis"] = (401, {"kind": "Status", "reason": "Unauthorized", "message": "Unauthorized"})
    with pytest.raises(Unreachable, match="does not accept who we say we are"):
        checks.all_of(api, SHAPE)


def test_free_devices_are_what_no_pod_has_asked_for(api: Api, server: Server) -> None:
    def node(name: str, gpus: str) -> Mapping[str, Any]:
        labels = {"nvidia.com/gpu.product": "A100"}
        allocatable = {"cpu": "8", "nvidia.com/gpu": gpus}
        return {"metadata": {"name": name, "labels": labels}, "status": {"allocatable": allocatable}}

    def pod(node: str, phase: str) -> Mapping[str, Any]:
        limits = {"nvidia.com/gpu": "1"}
        return {
            "spec": {"nodeName": node, "containers": [{"resources": {"limits": limits}}]},
            "status": {"phase": phase},
        }

    server.answers["/api/v1/nodes"] = (200, {"items": [node("a", "2"), node("b", "4"), node("c", "0")]})
    pods = [pod("a", "Running"), pod("a", "Succeeded"), pod("b", "Pending")]
    server.answers["/api/v1/pods"] = (200, {"items": pods})
    assert [check.text for check in found(api, "gpus")] == [
        "nvidia.com/gpu: 4 of 6 are free, on 2 nodes (A100)"
    ]
    server.answers["/api/v1/pods"] = FORBIDDEN
    assert found(api, "gpus")[0].text == "not known: we may not look at all nodes and pods"
