"""Somebody who has the Roles of docs/cluster.md can do all that platformctl does; without them, nothing."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platformctl import render
from platformctl.adapters.cluster.apply import Objects
from platformctl.adapters.cluster.checking import checks, rights
from platformctl.adapters.cluster.checking.discovery import Absent, discover
from platformctl.adapters.cluster.knative.target import KnativeTarget
from platformctl.adapters.cluster.knative.traffic import KnativeTraffic
from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.adapters.cluster.state.routes import Routes
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.components import Image
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT, Observed, Scope, Severity
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Request
from tests.cluster.image_names import PYTHON
from tests.cluster_doctor.conftest import Person
from tests.fakes.values import CHURN, canary, revision, steady

pytestmark = pytest.mark.full

SERVER = Path(__file__).parents[1] / "cluster_load" / "pod_server.py"
STANDARD = rights.of(Mode.STANDARD)


def readable(number: int) -> Revision:
    plain = revision(number)
    return plain.model_copy(update={"model": plain.model.model_copy(update={"uri": "s3://models/churn"})})


def test_with_them_no_right_is_lacking(allowed: Person, shape: Shape) -> None:
    assert rights.lacking(allowed.api, shape, STANDARD) == []


def test_those_of_knative_mode_are_what_that_takes_more(allowed_knative: Person, shape: Shape) -> None:
    assert rights.lacking(allowed_knative.api, shape, rights.RIGHTS) == []
    made = {check.name: check for check in checks.all_of(allowed_knative.api, shape, Mode.KNATIVE)}
    assert [check for check in made.values() if check.severity is Severity.ERROR] == []
    assert made["knative"].text == "Knative Serving 0.48"
    assert made["kserve's start"].text == "since Knative Serving is there"


@pytest.mark.usefixtures("knative")
def test_without_those_of_knative_mode_a_deployment_in_it_is_refused(allowed: Person, shape: Shape) -> None:
    own = [right for right in rights.RIGHTS if right.mode is Mode.KNATIVE]
    assert [lacking.right for lacking in rights.lacking(allowed.api, shape, rights.RIGHTS)] == own
    with pytest.raises(Refused) as caught:
        checks.knative_findings(allowed.api, shape, readable(1), Scale())
    assert caught.value.message.count("may not ") == sum(right.needed for right in own)
    assert "may not patch inferenceservices.serving.kserve.io/status" in caught.value.message


def test_without_them_all_are_and_the_deployment_is_refused(nobody: Person, shape: Shape) -> None:
    everything = rights.RIGHTS
    assert [lacking.right for lacking in rights.lacking(nobody.api, shape, everything)] == [*everything]
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


def test_with_them_a_deployment_in_knative_mode_comes_changes_and_goes(
    allowed_knative: Person, shape: Shape
) -> None:
    api = allowed_knative.api
    target = KnativeTarget(api, shape, KnativeTraffic(api), "ada", timeout=timedelta(minutes=3))
    first, second = served(1), served(2)
    assert [one for one in target.check(first, Scale()) if one.severity is Severity.ERROR] == []
    target.prepare(first, Scale())
    token = target.commit(CHURN, steady(first).route, steady(first), until_ready(target, first).token)
    target.prepare(second, Scale())
    rollout = canary(first, second, 10)
    token = target.commit(CHURN, rollout.route, rollout, until_ready(target, second).token)
    assert target.predict(CHURN, Request(b"{}", revision=second.id)).status == 200
    token = target.commit(CHURN, steady(first).route, steady(first), token)
    target.remove(second.id)
    target.scale(first.id, Scale(minimum=2, maximum=2))
    assert [one.name for one in target.list(Scope())] == [CHURN]
    target.logs(first.id, 5)  # its server writes nothing
    token = target.commit(CHURN, Route(), Rollout(), target.observe(CHURN).token)
    target.remove(first.id)
    target.forget(CHURN, token)
    assert target.observe(CHURN).token == ABSENT


def served(number: int) -> Revision:
    """A revision that a server of a few lines answers for."""
    image = Image(image=PYTHON, args=("python3", "-c", SERVER.read_text()), model=False)
    small = Resources(cpu="0.05", memory="64Mi")
    return readable(number).model_copy(update={"predictor": image, "resources": small})


def until_ready(target: KnativeTarget, revision: Revision) -> Observed:
    end = time.monotonic() + 180
    while True:
        seen = target.observe(CHURN)
        status = seen.revisions.get(revision.id)
        if status is not None and status.is_ready:
            return seen
        assert time.monotonic() < end, status
        time.sleep(0.5)


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
    made = [*checks.all_of(allowed.api, shape)]
    assert next(check for check in made if check.name == "cluster").severity is None
    told = [check.text for check in made if check.name == "rights"]
    assert told[0].startswith(f"{total()} of the ")
    assert next(check for check in made if check.name == "namespace").text == shape.namespace


def total() -> int:
    return sum(len(right.verbs) for right in STANDARD)
