"""Two clients that want to change the same deployment at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from platformctl.domain.errors import Conflict
from platformctl.usecases.world import LEASE_TTL
from tests.cluster_load.shop import Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


def test_who_has_waited_long_enough_is_told_who_it_is(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    lease = shop.world().lease
    grant = lease.acquire(shop.name, "somebody else", LEASE_TTL)
    try:
        with pytest.raises(Conflict) as caught:
            shop.deploy(spec, 2, canary=10)
    finally:
        lease.release(grant)
    assert caught.value.owner
    assert "somebody else" in caught.value.owner
    assert dict(shop.seen.route.weights) == {shop.stable: 100}


def test_of_two_at_once_one_has_its_turn_after_the_other_or_is_told_who_it_is(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    together = Barrier(2)

    def deploy(version: int) -> Conflict | None:
        together.wait()
        try:
            shop.deploy(spec, version, canary=10 * version)
        except Conflict as conflict:
            return conflict
        return None

    with shop.load("hi", seconds=200) as load, ThreadPoolExecutor(2) as pool:
        ended = dict(zip((2, 3), pool.map(deploy, (2, 3)), strict=True))
        load.until(load.tally.answered + 200)
    done = [version for version, conflict in ended.items() if conflict is None]
    assert done
    assert all(conflict.owner for conflict in ended.values() if conflict is not None)
    [last] = [version for version in done if f"-v{version}-" in shop.canary]
    assert dict(shop.seen.route.weights) == {shop.stable: 100 - 10 * last, shop.canary: 10 * last}
    assert load.tally.lost == []
