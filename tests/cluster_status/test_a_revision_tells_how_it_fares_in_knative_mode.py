from pathlib import Path

import pytest

from platformctl.domain.names import Name
from platformctl.domain.observed import Gauge, RevisionStatus
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.route import Route
from platformctl.domain.traffic import Request
from tests.contract.cluster_harness import KnativeHarness

pytestmark = pytest.mark.full

CHURN = Name("churn")
TO_ZERO = Scale(minimum=0, maximum=2, concurrency=10)


@pytest.fixture
def there(tmp_path: Path, knative: Path, namespace: str, request: pytest.FixtureRequest) -> KnativeHarness:
    return KnativeHarness(tmp_path, knative, namespace, request)


def _status(there: KnativeHarness, revision: Revision) -> RevisionStatus:
    return there.target.observe(CHURN).revisions[revision.id]


def _serving(there: KnativeHarness, scale: Scale) -> Revision:
    """A revision with that scale, which has all requests."""
    light = {"resources": Resources(cpu="100m", memory="512Mi")}
    revision = there.working_revision(CHURN, 1).model_copy(update=light)
    there.target.prepare(revision, scale)
    there.until(lambda: _status(there, revision).is_ready)
    route, token = Route(weights={revision.id: 100}), there.target.observe(CHURN).token
    there.target.commit(CHURN, route, Rollout(phase=Phase.STEADY, stable=revision), token)
    return revision


def _ask(there: KnativeHarness) -> int:
    return there.target.predict(CHURN, Request(there.body, timeout=60)).status


def test_one_that_serves_says_so_and_its_figures_and_logs_are_its_own(there: KnativeHarness) -> None:
    revision = _serving(there, Scale(minimum=1, maximum=3, rps=50))
    found = _status(there, revision)
    assert found.serving
    assert found.serving.libraries
    assert (found.lacks, found.failure, found.detail, found.asleep) == ((), None, "", False)
    assert (found.replicas, found.ready, found.bounds) == (1, 1, (1, 3))
    assert (found.scale, found.gauges) == (
        Scale(minimum=1, maximum=3, rps=50),
        (Gauge("rps", "50 a replica"),),
    )
    assert found.backing[0].startswith("churn-predictor-0000")
    assert found.created
    assert found.since
    assert found.since >= found.created
    assert [_ask(there) for _ in range(20)] == [200] * 20
    assert there.counters.read(CHURN, [revision.id])[revision.id].requests == 20
    written = there.target.logs(revision.id, 100)
    assert any("platformctl" in line for line in written)
    assert [line for line in written if "queue-proxy" in line or "queueproxy" in line] == []


@pytest.mark.timeout(900)
def test_one_that_nobody_asks_sleeps_and_a_request_wakes_it(there: KnativeHarness) -> None:
    revision = _serving(there, TO_ZERO)
    there.target.scale(revision.id, TO_ZERO)
    there.until(lambda: _status(there, revision).asleep)
    found = _status(there, revision)
    assert (found.replicas, found.ready, found.failure, found.detail) == (0, 0, None, "")
    assert (found.scale, found.bounds) == (TO_ZERO, (0, 2))
    assert there.counters.read(CHURN, [revision.id])[revision.id].requests == 0
    there.until(lambda: _ask(there) == 200)  # on a machine that is busy the first may be given up
    found = _status(there, revision)
    assert (found.asleep, found.replicas, found.ready) == (False, 1, 1)
