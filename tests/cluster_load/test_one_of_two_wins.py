"""Two clients that want to change the same deployment at the same time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from platformctl.domain.errors import Conflict
from tests.cluster_load.shop import Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]


def test_the_other_is_told_who_it_was(shop: Shop) -> None:
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
    [winner] = [version for version, conflict in ended.items() if conflict is None]
    [refused] = [conflict for conflict in ended.values() if conflict is not None]
    assert refused.owner
    assert dict(shop.seen.route.weights) == {shop.stable: 100 - 10 * winner, shop.canary: 10 * winner}
    assert f"-v{winner}-" in shop.canary
    assert load.tally.lost == []
