"""A canary that takes a minute to start, and one that never answers; stable loses nothing meanwhile."""

import pytest

from platformctl.domain.errors import PlatformctlError
from platformctl.domain.rollout import Phase
from tests.cluster_load.shop import Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


@pytest.fixture
def serving(shop: Shop) -> Shop:
    shop.deploy(shop.spec(), 1)
    return shop


def test_one_that_needs_a_minute_gets_its_share_when_it_answers(serving: Shop) -> None:
    with serving.load("wait 20", seconds=400, connections=4) as load:
        serving.deploy(serving.spec(start=60), 2, canary=50)
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert load.tally.of(serving.canary) >= 50


def test_one_that_never_answers_gets_nothing_and_can_be_dropped(serving: Shop) -> None:
    with serving.load("wait 20", seconds=400, connections=4) as load:
        with pytest.raises(PlatformctlError, match="still getting ready"):
            serving.deploy(serving.spec(start=3600), 2, canary=50, seconds=15)
        assert serving.seen.rollout.phase is Phase.PREPARING
        never = serving.canary
        serving.rollback()
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert load.tally.of(never) == 0
    assert never not in serving.seen.revisions


def test_one_that_dies_while_it_starts_is_given_up(serving: Shop) -> None:
    with serving.load("wait 20", seconds=400, connections=4) as load:
        with pytest.raises(PlatformctlError):
            serving.deploy(serving.spec(memory="4Mi"), 2, canary=50)
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert serving.seen.rollout.candidate is None
    assert list(serving.seen.revisions) == [serving.stable]
