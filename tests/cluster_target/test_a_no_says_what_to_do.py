"""What an API server answers, as one of 1.35 wrote it."""

import json
from typing import Any

import pytest

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.answers import (
    AlreadyThere,
    Asked,
    Missing,
    Stale,
    UnknownKind,
    problem,
)
from platformctl.adapters.cluster.api.kinds import Kind
from platformctl.domain.errors import Conflict, NotFound, PlatformctlError, Refused, Unreachable

pytestmark = pytest.mark.quick


def _problem(
    code: int, reason: str, message: str, details: object = None, kind: Kind = kinds.INFERENCE_SERVICE
) -> PlatformctlError:
    status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    status |= {"message": message, "reason": reason, **({"details": details} if details else {})}
    asked = Asked(
        "patch", kind, "churn-v4-3f9a1c", "ml" if kind.namespaced else "", "ours (https://example)", "ada"
    )
    return problem(code, json.dumps(status).encode(), asked)


def test_401_is_about_the_credentials() -> None:
    error = _problem(401, "Unauthorized", "Unauthorized")
    assert isinstance(error, Unreachable)
    assert "the credentials of ada" in (error.hint or "")


def test_a_lack_of_rights_names_the_commands_that_grant_them() -> None:
    message = (
        'inferenceservices.serving.kserve.io "churn-v4-3f9a1c" is forbidden: User "bob" cannot patch '
        'resource "inferenceservices" in API group "serving.kserve.io" in the namespace "ml"'
    )
    error = _problem(403, "Forbidden", message)
    assert isinstance(error, Unreachable)
    assert str(error) == "bob may not patch inferenceservices.serving.kserve.io in namespace ml (403)"
    assert error.hint == (
        "kubectl create role platformctl-patch-inferenceservices --verb=patch "
        "--resource=inferenceservices.serving.kserve.io -n ml && kubectl create rolebinding "
        "platformctl-patch-inferenceservices --role=platformctl-patch-inferenceservices --user='bob' -n ml"
    )


def test_a_service_account_is_granted_rights_as_such() -> None:
    message = 'nodes is forbidden: User "system:serviceaccount:ci:deployer" cannot patch resource "nodes"'
    error = _problem(403, "Forbidden", message, kind=kinds.NODE)
    assert "clusterrolebinding" in (error.hint or "")
    assert "--serviceaccount=ci:deployer" in (error.hint or "")


def test_a_quota_is_named() -> None:
    message = (
        'pods "x" is forbidden: exceeded quota: team, requested: requests.cpu=2, used: requests.cpu=7, '
        "limited: requests.cpu=8"
    )
    error = _problem(403, "Forbidden", message)
    assert isinstance(error, Refused)
    assert "quota team: requested: requests.cpu=2" in str(error)
    assert (error.field, "kubectl describe quota team -n ml" in (error.hint or "")) == (
        "spec.resources",
        True,
    )


def test_a_namespace_that_is_not_there_or_goes_is_named() -> None:
    details = {"name": "ml", "kind": "namespaces"}
    error = _problem(404, "NotFound", 'namespaces "ml" not found', details)
    assert isinstance(error, NotFound)
    assert error.hint == "make it: kubectl create namespace ml"
    causes = [{"reason": "NamespaceTerminating", "message": "…", "field": "metadata.namespace"}]
    message = "… unable to create new content in namespace ml because it is being terminated"
    error = _problem(403, "Forbidden", message, {"causes": causes})
    assert isinstance(error, Refused)
    assert "is being removed" in str(error)


def test_a_webhook_that_refuses_is_quoted() -> None:
    message = (
        'admission webhook "inferenceservice.kserve-webhook-server.validator" denied the request: the '
        "InferenceService name is invalid"
    )
    error = _problem(400, "BadRequest", message)
    assert isinstance(error, Refused)
    assert "validator: the InferenceService name is invalid" in str(error)


def test_a_webhook_that_is_down_is_no_refusal() -> None:
    message = (
        'Internal error occurred: failed calling webhook "inferenceservice.kserve-webhook-server.defaulter": '
        'failed to call webhook: Post "https://…": connect: connection refused'
    )
    error = _problem(500, "InternalError", message)
    assert isinstance(error, Unreachable)
    assert "KServe's controller" in (error.hint or "")


def test_pod_security_is_named() -> None:
    message = 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
    error = _problem(403, "Forbidden", message)
    assert isinstance(error, Refused)
    assert "Pod Security restricted:latest: runAsNonRoot != true" in str(error)


def test_a_conflict_names_the_other_manager_and_the_field() -> None:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-edit" using gateway.networking.k8s.io/v1',
            "field": ".spec.rules",
        }
    ]
    message = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using …: .spec.rules'
    error = _problem(409, "Conflict", message, {"causes": causes}, kinds.HTTP_ROUTE)
    assert isinstance(error, Conflict)
    assert not isinstance(error, Stale)
    assert (error.owner, error.field) == ("kubectl-edit", ".spec.rules")
    assert "--force-conflicts" in (error.hint or "")


def test_three_kinds_of_409_are_told_apart() -> None:
    stale = _problem(409, "Conflict", "the object has been modified; please apply your changes to the latest")
    assert isinstance(stale, Stale)
    assert isinstance(_problem(409, "AlreadyExists", "already exists"), AlreadyThere)


@pytest.mark.parametrize(
    ("webhook", "hint"),
    [
        ("inferenceservice.kserve-webhook-server.validator", "get pods -n kserve"),
        ("validation.webhook.serving.knative.dev", "get pods -n knative-serving"),
        ("policies.example.com", "get validatingwebhookconfigurations"),
    ],
)
def test_whose_webhook_is_down_is_told_by_its_name(webhook: str, hint: str) -> None:
    error = _problem(500, "InternalError", f'failed calling webhook "{webhook}": no endpoints available')
    assert hint in (error.hint or "")


@pytest.mark.parametrize("kind", [kinds.KNATIVE_SERVICE, kinds.KNATIVE_REVISION, kinds.KINGRESS])
def test_without_knative_its_kinds_are_not_known(kind: Kind) -> None:
    error = problem(404, b"404 page not found\n", Asked("get", kind, "churn", "ml", "ours (https://example)"))
    assert isinstance(error, UnknownKind)
    assert "is without Knative Serving" in error.message
    assert "knative.dev/docs/install" in (error.hint or "")


def test_an_object_that_is_not_there_is_told_from_a_kind_that_is_not_there() -> None:
    details = {"name": "churn", "group": "serving.kserve.io", "kind": "inferenceservices"}
    assert isinstance(_problem(404, "NotFound", "not found", details), Missing)
    asked = Asked("list", kinds.INFERENCE_SERVICE, "", "ml", "ours (https://example)")
    error = problem(404, b"404 page not found\n", asked)
    assert isinstance(error, Refused)
    assert "is without KServe" in str(error)
    assert "kserve.github.io" in (error.hint or "")


def test_what_is_invalid_names_the_field() -> None:
    causes = [{"reason": "FieldValueInvalid", "message": 'Invalid value: "-1"', "field": "spec.replicas"}]
    error = _problem(422, "Invalid", "… is invalid", {"causes": causes})
    assert isinstance(error, Refused)
    assert (error.field, 'spec.replicas: Invalid value: "-1"' in str(error)) == ("spec.replicas", True)
    error = _problem(400, "BadRequest", 'strict decoding error: unknown field "spec.predictor.canary"')
    assert isinstance(error, Refused)
    assert 'unknown field "spec.predictor.canary"' in str(error)
    assert "version" in (error.hint or "")


def test_an_apply_of_a_field_that_a_custom_resource_lacks_is_no_fault_of_the_server() -> None:
    message = (
        "failed to create typed patch object (ml/churn-v4-3f9a1c; serving.kserve.io/v1beta1, "
        "Kind=InferenceService): .spec.canary: field not declared in schema"
    )
    error = _problem(500, "", message)
    assert isinstance(error, Refused)
    assert ".spec.canary: field not declared" in str(error)


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_server_that_cannot_is_unreachable(status: int) -> None:
    assert isinstance(_problem(status, "…", "etcdserver: leader changed"), Unreachable)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>sign in</html>"), (302, b""), (502, b"bad gateway"), (401, b"no")]
)
def test_what_is_no_api_server_says_so(status: int, body: bytes) -> None:
    asked = Asked("get", kinds.HTTP_ROUTE, "churn", "ml", "ours (https://example)")
    error = problem(status, body, asked)
    assert isinstance(error, Unreachable)
    assert "<html>" not in str(error)
    assert error.hint
