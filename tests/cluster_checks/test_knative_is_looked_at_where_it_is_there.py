import json
from dataclasses import replace
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.checking import checks, rights
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.tags import registry
from platformctl.domain.cluster import Images, Mode, Shape
from platformctl.domain.observed import Severity
from tests.cluster_checks import conftest as parts
from tests.cluster_checks import knative_parts as knative
from tests.cluster_checks.conftest import SHAPE, Server, groups
from tests.cluster_checks.knative_parts import Answer

pytestmark = pytest.mark.quick

ERROR, WARNING = Severity.ERROR, Severity.WARNING
FORBIDDEN: Answer = (403, {"kind": "Status", "reason": "Forbidden", "message": 'User "a" cannot list'})


@pytest.fixture(autouse=True)
def _installed(server: Server) -> None:
    knative.install(server)


def found(api: Api, name: str, mode: Mode = Mode.KNATIVE, shape: Shape = SHAPE) -> list[Check]:
    return [check for check in checks.all_of(api, shape, mode) if check.name == name]


def wrong(api: Api, mode: Mode = Mode.KNATIVE) -> list[tuple[str, Severity]]:
    return [(c.name, c.severity) for c in checks.all_of(api, SHAPE, mode) if c.severity is not None]


def test_a_cluster_on_which_nothing_is_missing(api: Api) -> None:
    made = checks.all_of(api, SHAPE, Mode.KNATIVE)
    assert [check for check in made if check.severity is not None] == []
    texts = {check.name: check.text for check in made}
    verbs = sum(len(right.verbs) for right in rights.RIGHTS)
    assert texts["rights"] == f"{verbs} of the {verbs} that platformctl can use are given"
    assert {
        name: texts[name] for name in ("knative", "kserve's start", "ingress", "domain", "queue-proxy")
    } == {
        "knative": "Knative Serving 1.19",
        "kserve's start": "since Knative Serving is there",
        "ingress": f"{knative.CLASS}: net-kourier-controller is up",
        "domain": "hosts end in example.com",
        "queue-proxy": "each replica asks for 25m cpu more than its servers do",
    }
    assert texts["gateway"].startswith("kserve/kserve-ingress-gateway is accepted")


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        (
            "/apis",
            (200, groups(*parts.GROUPS)),
            (
                "knative",
                "not installed: the cluster has no Service of serving.knative.dev/v1",
                "--mode standard",
            ),
        ),
        (
            knative.DEPLOYMENTS,
            knative.deployments("webhook", without=("activator",)),
            (
                "knative",
                "no pod is ready of webhook, activator in namespace knative-serving",
                "get pods -n kn",
            ),
        ),
        (
            knative.KSERVE_PODS,
            knative.kserve("2025-12-31T23:59:59Z"),
            (
                "kserve's start",
                "KServe runs since 2025-12-31 23:59:59 UTC and does not know of Knative Serving",
                "kubectl rollout restart deployment -n kserve kserve-controller-manager",
            ),
        ),
        (
            knative.INGRESSES,
            knative.ingresses(knative.ingress(), knative.ingress(whose="other", ready="True")),
            (
                "ingress",
                "has looked at the ingress models/churn-predictor: nothing gets ready",
                "ingress-class",
            ),
        ),
        (
            knative.DEPLOYMENTS,
            knative.deployments("net-kourier-controller"),
            ("ingress", "no pod is ready of net-kourier-controller", "kubectl get pods -n knative-serving"),
        ),
    ],
)
def test_what_cannot_be_deployed_to(
    api: Api, server: Server, path: str, answer: Answer, expected: tuple[str, str, str]
) -> None:
    server.answers[path] = answer
    name, text, hint = expected
    errors = [check for check in found(api, name) if check.severity is ERROR]
    assert len(errors) == 1
    assert text in errors[0].text
    assert hint in errors[0].hint


def test_the_version_is_the_releases_else_that_of_its_controllers_image(api: Api, server: Server) -> None:
    server.answers[knative.DEPLOYMENTS] = knative.deployments(version="devel")
    assert found(api, "knative")[0].text == "Knative Serving 0.48"
    server.answers[knative.DEPLOYMENTS] = knative.deployments(version="devel", image="registry.example/ours")
    assert found(api, "knative")[0].text == "Knative Serving of unknown version"


def test_in_standard_mode_the_same_is_a_warning_and_a_missing_one_nothing(api: Api, server: Server) -> None:
    server.answers[knative.DEPLOYMENTS] = knative.deployments("webhook")
    assert wrong(api, Mode.STANDARD) == [("knative", WARNING)]
    assert found(api, "knative", Mode.STANDARD)[1].text.endswith("knative-serving (for Knative mode)")
    server.answers["/apis"] = (200, groups(*parts.GROUPS))
    assert wrong(api, Mode.STANDARD) == []


def test_in_knative_mode_nobody_needs_the_gateway_api(api: Api, server: Server) -> None:
    server.answers[parts.GATEWAY] = (200, parts.gateway("False"))
    assert wrong(api) == [("gateway", WARNING)]
    assert wrong(api, Mode.STANDARD) == [("gateway", ERROR)]
    without = [group for group in parts.GROUPS if not group.startswith("gateway")]
    server.answers["/apis"] = (200, groups(*without, knative.GROUP))
    assert found(api, "gateway") == [
        Check("gateway", "the Gateway API is not installed; only Standard mode needs it")
    ]


@pytest.mark.parametrize(
    ("default", "mode"), [("Knative", ERROR), ("Serverless", ERROR), ("Standard", WARNING)]
)
def test_without_a_choice_the_clusters_default_says_what_is_needed(
    api: Api, server: Server, default: str, mode: Severity
) -> None:
    data = {
        **server.answers[parts.CONFIG][1]["data"],
        "deploy": json.dumps({"defaultDeploymentMode": default}),
    }
    server.answers[parts.CONFIG] = (200, {"data": data})
    server.answers[knative.DEPLOYMENTS] = knative.deployments("controller")
    made = [(c.name, c.severity) for c in checks.all_of(api, SHAPE) if c.severity is not None]
    assert made == [("knative", mode)]


def test_an_ingress_that_is_served_counts_for_more_than_who_is_known(api: Api, server: Server) -> None:
    ours = {"config_network": {"ingress-class": "ours.example.com"}}
    server.answers[knative.CONFIG_MAPS] = knative.config(**ours)
    (check,) = found(api, "ingress")
    assert (check.severity, check.text) == (
        WARNING,
        "whether anything serves ours.example.com is not known: no ingress of it is there",
    )
    served = knative.ingress(whose="ours.example.com", ready="True")
    young = knative.ingress(whose="ours.example.com", created="2999-01-01T00:00:00Z")
    server.answers[knative.INGRESSES] = knative.ingresses(served, young)
    assert found(api, "ingress") == [Check("ingress", "ours.example.com serves 1 of 2 ingresses")]
    old = {**served, "status": {**served["status"], "observedGeneration": 1}}
    server.answers[knative.INGRESSES] = knative.ingresses(old)
    assert found(api, "ingress")[0].severity is WARNING
    server.answers[knative.INGRESSES] = FORBIDDEN
    server.answers[knative.OUR_INGRESSES] = knative.ingresses(served)
    assert found(api, "ingress")[0].severity is None


def test_where_no_class_is_set_it_is_istios(api: Api, server: Server) -> None:
    server.answers[knative.CONFIG_MAPS] = knative.config(config_network={"_example": "ingress-class: x"})
    (check,) = found(api, "ingress")
    assert check.severity is WARNING
    assert "istio.ingress.networking.knative.dev is not known" in check.text
    assert check.text.endswith("no Deployment net-istio-controller in namespace knative-serving")


def test_a_kserve_that_is_leaving_does_not_count(api: Api, server: Server) -> None:
    server.answers[knative.KSERVE_PODS] = knative.kserve("2025-12-31T23:59:59Z", leaving=True)
    (check,) = found(api, "kserve's start")
    assert check.severity is None
    assert check.text.startswith("not known")


def test_without_a_domain_nobody_outside_reaches_it(api: Api, server: Server) -> None:
    server.answers[knative.CONFIG_MAPS] = knative.config(
        config_domain={"_example": "", "team.example.com": "selector:\n  app: team"}
    )
    (check,) = found(api, "domain")
    assert "hosts end in svc.cluster.local" in check.text
    assert check.hint.startswith("kubectl patch configmap -n knative-serving config-domain --type merge")


@pytest.mark.parametrize(("version", "severity"), [("v0.16.0", ERROR), ("v0.20.0", WARNING)])
def test_a_kserve_that_is_set_for_an_istio_that_is_not_there(
    api: Api, server: Server, version: str, severity: Severity
) -> None:
    data = {**server.answers[parts.CONFIG][1]["data"], "ingress": "{}"}
    server.answers[parts.CONFIG] = (200, {"data": data})
    server.answers[parts.CONTROLLERS] = (200, parts.controller(f"kserve/kserve-controller:{version}"))
    (check,) = found(api, "virtual host")
    assert check.severity is severity
    assert '"disableIstioVirtualHost": true' in check.hint
    server.answers["/apis"] = (200, groups(*parts.GROUPS, knative.GROUP, "networking.istio.io/v1beta1"))
    assert found(api, "virtual host") == []


def test_what_may_not_be_looked_at_is_said_and_is_no_error(api: Api, server: Server) -> None:
    for path in (knative.DEPLOYMENTS, knative.CONFIG_MAPS, knative.INGRESSES, knative.DEFINITION):
        server.answers[path] = FORBIDDEN
    assert wrong(api) == []
    texts = {check.name: check.text for check in checks.all_of(api, SHAPE, Mode.KNATIVE)}
    for name in ("knative", "kserve's start", "ingress", "tags"):
        assert "we may not look at" in texts[name]


def test_the_rights_of_knative_are_asked_where_it_is(api: Api, server: Server) -> None:
    server.denied = {
        ("patch", "revisions", "models"),
        ("create", "httproutes", "models"),
        ("patch", "inferenceservices/status", "models"),
        ("list", "ingresses", ""),
    }
    made = {check.text.partition(":")[0]: check.severity for check in found(api, "rights")}
    assert made == {
        "may not patch revisions.serving.knative.dev in namespace models": ERROR,
        "may not patch inferenceservices.serving.kserve.io/status in namespace models": ERROR,
        "may not create httproutes.gateway.networking.k8s.io in namespace models": WARNING,
        "may not list ingresses.networking.internal.knative.dev on the whole cluster": WARNING,
    }
    standard = {check.text.partition(":")[0]: check.severity for check in found(api, "rights", Mode.STANDARD)}
    assert standard == {text: WARNING if "httproutes" not in text else ERROR for text in made}
    server.answers["/apis"] = (200, groups(*parts.GROUPS))
    assert [check.severity for check in found(api, "rights", Mode.STANDARD)] == [ERROR]


LOADED = replace(
    SHAPE, images=Images("localhost/platformctl-predictor:1.0", "ghcr.io/team/transformer@sha256:12")
)


def test_tags_of_images_that_are_on_no_registry_have_to_be_left_alone(api: Api, server: Server) -> None:
    server.answers[parts.NODES] = (200, {"items": []})
    first, second = found(api, "tags", shape=LOADED)
    assert first.severity is ERROR
    assert (
        "on no registry, and Knative would resolve its tag, for which it asks index.docker.io" in first.text
    )
    patched = json.loads(first.hint.partition("-p '")[2].rstrip("'"))
    assert second == Check("tags", "ghcr.io/team/transformer@sha256:12 has a digest")
    server.answers[knative.CONFIG_MAPS] = knative.config(config_deployment=patched["data"])
    first, _ = found(api, "tags", shape=LOADED)
    assert first.severity is None
    skipped = set(patched["data"]["registries-skipping-tag-resolving"].split(","))
    assert skipped == {"kind.local", "ko.local", "dev.local", "index.docker.io"}
    assert found(api, "tags")[0].text.endswith(
        "(Knative's controller resolves its tag, for which it asks ghcr.io)"
    )


@pytest.mark.parametrize(
    ("image", "where"),
    [
        ("localhost/a:1", "index.docker.io"),
        ("localhost:5000/a:1", "localhost:5000"),
        ("docker.io/a/b:1", "index.docker.io"),
        ("team/a:1", "index.docker.io"),
        ("a:1", "index.docker.io"),
        ("ghcr.io/team/a:1", "ghcr.io"),
        ("dev.local/a:1", "dev.local"),
    ],
)
def test_the_registry_is_the_one_that_knative_reads(image: str, where: str) -> None:
    assert registry(image) == where


@pytest.mark.parametrize(
    ("maps", "text"),
    [
        ({}, "25m cpu"),
        ({"config_deployment": {"queue-sidecar-cpu-request": "0.1"}}, "100m cpu"),
        ({"config_features": {"queueproxy.resource-defaults": "Enabled"}}, "25m cpu and 400Mi memory"),
        ({"config_deployment": {"queue-sidecar-memory-request": "64M"}}, "25m cpu and 62Mi memory"),
    ],
)
def test_what_its_queue_proxy_asks_for_is_said(
    api: Api, server: Server, maps: dict[str, Any], text: str
) -> None:
    server.answers[knative.CONFIG_MAPS] = knative.config(**maps)
    (check,) = found(api, "queue-proxy")
    assert check.text == f"each replica asks for {text} more than its servers do"
