import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.observing import knative as observing
from platformctl.adapters.cluster.observing.knative_statuses import status
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.domain.names import Name
from tests.cluster.stack import Stack
from tests.cluster_status import recording
from tests.cluster_status.knative_scenarios import KNATIVE, InKnative
from tests.cluster_status.places import all_of
from tests.cluster_status.recording import RECORD

pytestmark = pytest.mark.full

SECONDS = 240.0
"""Until one that nobody asks sleeps it takes 90 s, and Knative gives one up after its deadline."""

POLL = 0.5


@pytest.fixture(scope="module")
def apis(knative: Path, stack: Stack) -> Iterator[Mapping[str, Api]]:
    with all_of(knative, stack, KNATIVE) as found:
        yield found


@pytest.mark.parametrize("one", KNATIVE, ids=lambda one: one.name)
def test_each_cause_is_told(one: InKnative, apis: Mapping[str, Api]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        now = datetime.now(UTC)
        seen = observing.look(apis[one.name], Name(one.name), now).get(one.revision)
        assert seen
        found = status(seen, Told(), now)
        if one.is_told_of(found):
            if os.environ.get(RECORD):
                recording.write(f"knative/{one.name}", seen, now)
            return
        assert one.scenario.hopeless or found.failure is None, found.failure
        assert time.monotonic() < deadline, found
        time.sleep(POLL)
