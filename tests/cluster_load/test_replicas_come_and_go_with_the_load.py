"""An autoscaler of a real cluster adds replicas under load and takes them away after it; some load stays."""

import pytest

from tests.cluster_load.shop import Shop, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_MOST = 3
_HEAVY, _LIGHT = "work 5", "wait 500"
"""More than one server's tenth of a processor can do, and hardly any of it."""


def test_nothing_is_lost_on_the_way_up_nor_on_the_way_down(shop: Shop) -> None:
    shop.deploy(shop.spec(min=1, max=_MOST, cpu=50), 1)
    with shop.load(_LIGHT, seconds=400) as light:
        with shop.load(_HEAVY, seconds=400) as heavy:
            eventually(lambda: len(shop.pods(shop.stable)) == _MOST, "the autoscaler adds replicas")
            heavy.until(heavy.tally.answered + 500)
        eventually(lambda: len(shop.pods(shop.stable)) == 1, "the autoscaler takes them away")
        light.until(light.tally.answered + 200)
    assert heavy.tally.lost == []
    assert light.tally.lost == []
