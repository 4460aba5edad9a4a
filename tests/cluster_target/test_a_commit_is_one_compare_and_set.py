"""On a real API server, as several clients and a gateway write to one HTTPRoute."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from platformctl import render
from platformctl.adapters.cluster.api.answers import AlreadyThere, Stale
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import BACKEND_TRAFFIC_POLICY, HTTP_ROUTE
from platformctl.adapters.cluster.api.objects import text
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state import rules
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.adapters.cluster.state.routes import Routes
from platformctl.adapters.cluster.target import ClusterTarget
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import Conflict, NotFound, Refused, StillServing
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT, Token
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.domain.route import Route
from tests.cluster_target.routes import SHAPE
from tests.fakes.values import CHURN, canary, revision, steady

pytestmark = pytest.mark.full

_FIRST, _SECOND = revision(1), revision(2)


@pytest.fixture
def shape(api: Api) -> Shape:
    return replace(SHAPE, namespace=api.namespace)


@pytest.fixture
def routes(api: Api, shape: Shape) -> Routes:
    return Routes(api, shape, "ada")


@pytest.fixture
def serving(api: Api, shape: Shape, routes: Routes) -> Token:
    """Two revisions are there, and the first has everything."""
    for one in (_FIRST, _SECOND):
        uri = one.model.model_copy(update={"uri": "s3://models/churn"})
        there = one.model_copy(update={"model": uri})
        made = dict(render.revision(there, Scale(), shape)[0])
        made["metadata"] = {**made["metadata"], "name": one.id}
        api.apply(made)
    routes.commit(CHURN, Route(), Rollout(), ABSENT)
    return _commit(routes, steady(_FIRST))


def _commit(routes: Routes, rollout: Rollout) -> Token:
    before = routes.read(CHURN)
    token = before.token if before else ABSENT
    return state.read(routes.commit(CHURN, rollout.route, rollout, token).manifest).token


def _read(routes: Routes) -> Recorded:
    found = routes.read(CHURN)
    assert found is not None
    return found


def _by_hand(api: Api, change: Mapping[str, Any], manager: str = "kubectl-edit", sub: str = "") -> Manifest:
    """Change the route as somebody else."""
    reply = api.raw(
        "PATCH",
        HTTP_ROUTE.path(api.namespace, CHURN) + sub,
        query=[("fieldManager", manager)],
        body=json.dumps(change).encode(),
        headers={"content-type": "application/merge-patch+json"},
    )
    assert reply.status == 200, reply.body
    changed: Manifest = json.loads(reply.body)
    return changed


def _edited(api: Api) -> None:
    found = api.get(HTTP_ROUTE, CHURN)
    assert found is not None
    written = [dict(rule) for rule in found["spec"]["rules"]]
    weighted = next(rule for rule in written if rules.weights({"spec": {"rules": [rule]}}))
    other = {**weighted["backendRefs"][0], "name": f"{_SECOND.id}-predictor", "weight": 7}
    weighted["backendRefs"] = [*weighted["backendRefs"], other]
    _by_hand(api, {"spec": {"rules": written}})


def test_weights_and_rollout_are_replaced_together(routes: Routes, serving: Token) -> None:
    half = canary(_FIRST, _SECOND, 25)
    token = _commit(routes, half)
    found = _read(routes)
    assert (found.rollout, found.token, found.by) == (half, token, "ada")
    assert rules.weights(found.manifest) == dict(half.route.weights) == {_FIRST.id: 75, _SECOND.id: 25}
    assert rules.pinned(found.manifest) == {_FIRST.id, _SECOND.id}
    assert token != serving


def test_each_commit_sees_to_the_retries(api: Api, shape: Shape) -> None:
    target = ClusterTarget(api, shape, Traffic(api, shape.gateway), "ada")
    token = target.commit(CHURN, Route(), Rollout(), ABSENT)
    assert api.delete(BACKEND_TRAFFIC_POLICY, CHURN)  # as somebody might who tidies up
    target.commit(CHURN, Route(), Rollout(), token)
    assert api.get(BACKEND_TRAFFIC_POLICY, CHURN) is not None


def test_what_a_gateway_writes_makes_no_token_old(api: Api, routes: Routes, serving: Token) -> None:
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}
    accepted = {
        "type": "Accepted",
        "status": "True",
        "reason": "Accepted",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    parents = [{"controllerName": "example.com/test", "parentRef": parent, "conditions": [accepted]}]
    said = {"parents": parents}
    before = _read(routes).version
    written = _by_hand(api, {"status": said}, "a-gateway", "/status")
    assert text(written, "metadata", "resourceVersion") != before
    assert _read(routes).token == serving
    routes.commit(CHURN, canary(_FIRST, _SECOND, 10).route, canary(_FIRST, _SECOND, 10), serving)


def test_an_apply_of_an_old_resource_version_is_stale(api: Api, routes: Routes, serving: Token) -> None:
    old = _read(routes)
    _commit(routes, canary(_FIRST, _SECOND, 10))
    again = render.route(CHURN, old.route, old.rollout, {}, replace(SHAPE, namespace=api.namespace))
    metadata = {**again["metadata"], "resourceVersion": old.version}
    with pytest.raises(Stale):
        api.apply({**again, "metadata": metadata}, force=True)
    assert _read(routes).token != serving


def test_what_is_there_is_not_created(api: Api, routes: Routes, serving: Token, shape: Shape) -> None:
    with pytest.raises(AlreadyThere):
        api.create(render.route(CHURN, Route(), Rollout(), {}, shape))
    assert _read(routes).token == serving


@pytest.mark.usefixtures("serving")
def test_weights_that_somebody_set_are_theirs_until_they_are_taken_over(
    api: Api, routes: Routes, shape: Shape
) -> None:
    _edited(api)
    (finding,) = state.findings(_read(routes))
    assert "edited by kubectl-edit" in finding.message
    half = canary(_FIRST, _SECOND, 50)
    with pytest.raises(Conflict) as conflict:
        _commit(routes, half)
    assert (conflict.value.owner, conflict.value.field) == ("kubectl-edit", ".spec.rules")
    assert "--force-conflicts" in (conflict.value.hint or "")
    _commit(Routes(api, shape, "ada", takes_over=True), half)
    assert state.findings(_read(routes)) == ()
    _commit(routes, steady(_FIRST))
    assert rules.weights(_read(routes).manifest) == {_FIRST.id: 100}


def test_what_others_wrote_beside_ours_stays(api: Api, routes: Routes, serving: Token) -> None:
    labels = {"team": "growth"}
    _by_hand(api, {"metadata": {"labels": labels, "annotations": {"theirs": "1"}}})
    assert _read(routes).token == serving
    _commit(routes, canary(_FIRST, _SECOND, 10))
    found = _read(routes).manifest
    assert text(found, "metadata", "labels", "team") == "growth"
    assert text(found, "metadata", "annotations", "theirs") == "1"


def test_who_can_be_asked_by_name_changes_without_a_commit(routes: Routes, serving: Token) -> None:
    same = routes.refresh(CHURN, routes.live(CHURN))
    assert same is not None
    assert not same.is_new
    routes.refresh(CHURN, {_FIRST.id: f"{_FIRST.id}-predictor"})
    found = _read(routes)
    assert rules.pinned(found.manifest) == {_FIRST.id}
    assert (found.token, found.rollout) == (serving, steady(_FIRST))


def test_only_rules_that_are_new_are_waited_for(routes: Routes, serving: Token) -> None:
    aim = Candidate(revision=_SECOND, goal=10)
    aiming = steady(_FIRST).model_copy(update={"phase": Phase.PREPARING, "candidate": aim})
    recorded = routes.commit(CHURN, aiming.route, aiming, serving)
    assert not recorded.is_new
    shared = canary(_FIRST, _SECOND, 10)
    token = state.read(recorded.manifest).token
    assert routes.commit(CHURN, shared.route, shared, token).is_new


def test_what_is_not_live_gets_no_weight(routes: Routes, serving: Token) -> None:
    absent = steady(revision(9))
    with pytest.raises(Refused, match=f"{revision(9).id} cannot get weight"):
        routes.commit(CHURN, absent.route, absent, serving)
    assert _read(routes).token == serving


def test_what_serves_is_not_forgotten(routes: Routes, serving: Token) -> None:
    with pytest.raises(StillServing):
        routes.forget(CHURN, serving)
    with pytest.raises(StillServing):  # it has no weights then, but revisions
        routes.forget(CHURN, _commit(routes, Rollout()))


def test_a_route_of_that_name_that_somebody_made_is_left_alone(api: Api, routes: Routes) -> None:
    theirs = {
        "apiVersion": HTTP_ROUTE.api_version,
        "kind": HTTP_ROUTE.name,
        "metadata": {"name": CHURN, "namespace": api.namespace},
        "spec": {"hostnames": ["elsewhere.example.com"]},
    }
    api.raw(
        "POST",
        HTTP_ROUTE.path(api.namespace),
        query=[("fieldManager", "helm")],
        body=json.dumps(theirs).encode(),
        headers={"content-type": "application/json"},
    )
    with pytest.raises(Refused, match="which helm made"):
        routes.commit(CHURN, Route(), Rollout(), ABSENT)


def test_a_host_that_another_route_has_is_refused_before_anything_is_made(
    api: Api, routes: Routes, shape: Shape
) -> None:
    host = shape.host_of(CHURN)
    theirs = render.route(Name("other"), Route(), Rollout(), {}, replace(shape, host=host))
    api.create(theirs)
    with pytest.raises(Refused, match=f"{host} belongs to HTTPRoute {api.namespace}/other"):
        routes.commit(CHURN, Route(), Rollout(), ABSENT)
    assert api.get(HTTP_ROUTE, CHURN) is None


def test_a_namespace_that_is_not_there_says_how_to_make_it(api: Api, shape: Shape) -> None:
    elsewhere = Api(api.transport, "never-made")
    with pytest.raises(NotFound) as error:
        Routes(elsewhere, replace(shape, namespace="never-made"), "ada").commit(
            CHURN, Route(), Rollout(), ABSENT
        )
    assert error.value.hint == "make it: kubectl create namespace never-made"
