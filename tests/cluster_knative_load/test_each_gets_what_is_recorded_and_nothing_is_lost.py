"""Rollouts in Knative mode on a real cluster, under a load: who answers is who is meant to."""

from collections.abc import Callable

import pytest

from platformctl.domain.errors import NotReady
from platformctl.domain.names import RevisionId
from tests.cluster_load.shop import Shop
from tests.load import Load

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

CONNECTIONS = 8
_BETWEEN = 500


class _Watch:
    """A load, and who has answered since it was last asked."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._before: dict[RevisionId, int] = {}

    def since(self) -> set[RevisionId]:
        """Wait for some requests, and say who has answered since the last call."""
        self._load.until(self._load.tally.answered + _BETWEEN)
        now: dict[RevisionId, int] = {}
        for (_, who), count in list(self._load.tally.answers.items()):
            one = RevisionId(who or "nobody")
            now[one] = now.get(one, 0) + count
        found = {who for who, count in now.items() if count > self._before.get(who, 0)}
        self._before = now
        return found


def test_a_whole_rollout(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    first = shop.stable
    with shop.load("hi", connections=CONNECTIONS, seconds=800) as load:
        watch = _Watch(load)
        assert watch.since() == {first}

        shop.deploy(spec, 2, canary=10)
        second = shop.canary
        watch.since()
        assert watch.since() == {first, second}

        shop.rollback()
        watch.since()
        assert watch.since() == {first}, "the canary was rolled back"

        shop.deploy(spec, 3, canary=10)
        third = shop.canary
        assert watch.since() <= {first, third}, "who was rolled back before has requests"
        shop.deploy(spec, 4, canary=50)
        fourth = shop.canary
        watch.since()
        assert watch.since() == {first, fourth}, "three versions, and the one in the middle has requests"

        shop.promote()
        watch.since()
        assert watch.since() == {fourth}

        shop.rollback()
        watch.since()
        assert watch.since() == {first}, "it was rolled back after its promotion"
    assert load.tally.lost == []
    assert set(shop.seen.revisions) == {first}


def test_one_that_cannot_load_leaves_everything_as_it_was(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    first = shop.stable
    with shop.load("hi", connections=CONNECTIONS, seconds=400) as load:
        watch = _Watch(load)
        watch.since()
        with pytest.raises(NotReady):
            shop.deploy(shop.spec(crashes=True), 2, canary=50)
        assert watch.since() == {first}
        shop.deploy(spec, 3)
        watch.since()
        assert watch.since() == {shop.stable}
    assert load.tally.lost == []


def test_ten_percent_are_ten_percent(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    shop.deploy(spec, 2, canary=10)
    many = 10_000
    with shop.load("hi", connections=CONNECTIONS, limit=many, seconds=400) as load:
        tally = load.wait()
    assert tally.lost == []
    assert tally.of(shop.canary) == pytest.approx(many / 10, abs=many / 100)


Change = Callable[[Shop], object]


def test_another_scale_is_the_same_version_anew(shop: Shop) -> None:
    shop.deploy(shop.spec(), 1)
    first = shop.stable
    before = shop.seen.revisions[first].backing
    with shop.load("hi", connections=CONNECTIONS, seconds=400) as load:
        shop.deploy(shop.spec(min=2, max=3), 1)
        load.until(load.tally.answered + _BETWEEN)
        tally = load.tally
    assert tally.lost == []
    assert {who for _, who in tally.answers} == {first}
    status = shop.seen.revisions[first]
    assert status.ready == 2
    assert set(status.backing).isdisjoint(before)


def test_one_that_sleeps_is_woken_before_it_gets_requests(shop: Shop) -> None:
    spec = shop.spec(min=0, max=2)
    shop.deploy(spec, 1)
    first = shop.stable
    shop.deploy(spec, 2, canary=10)
    second = shop.canary
    shop.until_asleep(second)
    with shop.load("hi", connections=2, seconds=300) as load:
        load.until(50)
        shop.promote()
        load.until(load.tally.answered + _BETWEEN)
        slowest = max(load.tally.latencies[-_BETWEEN:])
    assert load.tally.lost == []
    assert {who for _, who in load.tally.answers} <= {first, second}
    assert slowest < 2
