import pytest

from platformctl.adapters.cluster.observing import knative_statuses
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.adapters.cluster.observing.statuses import status
from tests.cluster_status import recording
from tests.cluster_status.knative_scenarios import KNATIVE, InKnative
from tests.cluster_status.scenarios import SCENARIOS, Scenario

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_what_was_recorded_is_told_as_on_the_cluster(scenario: Scenario) -> None:
    seen, now = recording.read(scenario.name)
    found = status(seen, Told(), now)
    assert scenario.words in found.detail
    assert (found.failure is not None) == scenario.hopeless


@pytest.mark.parametrize("one", KNATIVE, ids=lambda one: one.name)
def test_what_was_recorded_in_knative_mode_is_told_as_on_the_cluster(one: InKnative) -> None:
    seen, now = recording.read_knative(f"knative/{one.name}")
    found = knative_statuses.status(seen, Told(), now)
    assert one.is_told_of(found)
    assert (found.failure is not None) == one.scenario.hopeless
