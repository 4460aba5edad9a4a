"""Somebody who has the Roles of docs/cluster.md can do all that platformctl does; without them, nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from platformctl import render
from platformctl.adapters.cluster.apply import Objects
from platformctl.adapters.cluster.checking import checks, rights
from platformctl.adapters.cluster.checking.discovery import Absent, discover
from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.adapters.cluster.state.routes import Routes
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from tests.cluster_doctor.conftest import Person
from tests.fakes.values import CHURN, revision, steady

pytestmark = pytest.mark.full


def readable(number: int) -> Revision:
    plain = revision(number)
    return plain.model_copy(update={"model": plain.model.model_copy(update={"uri": "s3://models/churn"})})


def test_with_them_no_right_is_lacking(allowed: Person, shape: Shape) -> None:
    assert rights.lacking(allowed.api, shape) == []


def test_without_them_all_are_and_the_deployment_is_refused(nobody: Person, shape: Shape) -> None:
    assert [lacking.right for lacking in rights.lacking(nobody.api, shape)] == [*rights.RIGHTS]
    with pytest.raises(Refused) as caught:
        checks.findings(nobody.api, shape, readable(1), Scale())
    refused = "may not get,list,create,patch,delete inferenceservices.serving.kserve.io"
    assert f"{refused} in namespace {shape.namespace}" in caught.value.message
    live = discover(nobody.api, shape)
    assert {live.namespace, live.gateway, live.controller} == {Absent.FORBIDDEN}


def test_with_them_a_revision_comes_and_goes(allowed: Person, shape: Shape) -> None:
    it = readable(1)
    objects = Objects(allowed.api)
    objects.make(render.revision(it, Scale(), shape), Scale())
    objects.scale(it.id, Scale(minimum=2, maximum=2))
    assert list(observing.revisions(allowed.api, CHURN, datetime.now(UTC))) == [it.id]
    objects.remove(it.id)
    assert objects.find(it.id) is None


def test_with_them_a_state_is_committed_and_forgotten(allowed: Person, shape: Shape) -> None:
    routes = Routes(allowed.api, shape, "ada")
    objects = Objects(allowed.api)
    it = readable(1)
    objects.make(render.revision(it, Scale(), shape), Scale())
    rollout = steady(it)
    routes.commit(CHURN, rollout.route, rollout, ABSENT)
    committed = routes.read(CHURN)
    assert committed is not None
    assert committed.rollout == rollout
    objects.remove(it.id)
    routes.commit(CHURN, Route(), Rollout(), committed.token)
    emptied = routes.read(CHURN)
    assert emptied is not None
    routes.forget(CHURN, emptied.token)
    assert routes.read(CHURN) is None


def test_with_them_a_lease_is_taken_and_given_back(allowed: Person) -> None:
    lease = ClusterLease(allowed.api)
    grant = lease.acquire(Name("churn"), "ada", timedelta(minutes=1))
    assert lease.holder(Name("churn")) is not None
    lease.release(grant)
    assert lease.holder(Name("churn")) is None


def test_with_them_doctor_sees_everything(allowed: Person, shape: Shape) -> None:
    made = {check.name: check for check in checks.all_of(allowed.api, shape)}
    assert made["cluster"].severity is None
    assert made["rights"].text.startswith(f"{total()} of the {total()} ")
    assert made["namespace"].text == shape.namespace


def total() -> int:
    return sum(len(right.verbs) for right in rights.RIGHTS)
