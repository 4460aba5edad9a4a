import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.adapters.cluster.observing.statuses import Seen, status
from platformctl.domain.names import Name
from platformctl.domain.observed import RevisionStatus
from tests.cluster.stack import Stack
from tests.cluster_status import recording
from tests.cluster_status.places import all_of
from tests.cluster_status.recording import RECORD
from tests.cluster_status.scenarios import FULL_QUOTA, SCENARIOS, Scenario

pytestmark = pytest.mark.full

SECONDS = 150.0
POLL = 0.5


@pytest.fixture(scope="module")
def apis(kubeconfig: Path, stack: Stack) -> Iterator[Mapping[str, Api]]:
    """Where each scenario is: all of them go wrong at the same time."""
    with all_of(kubeconfig, stack, SCENARIOS) as found:
        yield found


def _seen(api: Api, scenario: Scenario) -> tuple[Seen, datetime]:
    now = datetime.now(UTC)
    (seen,) = observing.look(api, Name(scenario.name), now)
    return seen, now


def _ready(scenario: Scenario) -> int:
    """How many pods get ready all the same: of two, the one that the quota has room for."""
    return 1 if scenario is FULL_QUOTA else 0


def _as_told(scenario: Scenario, found: RevisionStatus) -> bool:
    told = scenario.words in (found.failure or "" if scenario.hopeless else found.detail)
    return told and found.ready >= _ready(scenario)


def _expect(api: Api, scenario: Scenario) -> RevisionStatus:
    """Wait until all is as it should be; what is not hopeless never was until then."""
    deadline = time.monotonic() + SECONDS
    while True:
        seen, now = _seen(api, scenario)
        found = status(seen, Told(), now)
        assert scenario.hopeless or found.failure is None, found.failure
        if _as_told(scenario, found):
            if os.environ.get(RECORD):
                recording.write(scenario.name, seen, now)
            return found
        assert time.monotonic() < deadline, found
        time.sleep(POLL)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_each_cause_is_told(scenario: Scenario, apis: Mapping[str, Api]) -> None:
    found = _expect(apis[scenario.name], scenario)
    assert found.ready == _ready(scenario)
