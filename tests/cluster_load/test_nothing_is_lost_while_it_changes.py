"""A whole rollout on a real cluster, under a load over 16 connections."""

from collections.abc import Callable

import pytest

from tests.cluster_load.shop import Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

Change = Callable[[], object]

_BETWEEN = 500


@pytest.mark.parametrize("ours", [True, False], ids=["our server", "an image of one's own"])
def test_canary_promote_rollback_prune(shop: Shop, ours: bool) -> None:  # noqa: FBT001 - a parameter
    spec = shop.spec(ours=ours)
    shop.deploy(spec, 1)
    changes: list[Change] = [
        lambda: shop.deploy(spec, 2, canary=10),
        shop.promote,
        shop.rollback,
        lambda: shop.deploy(spec, 3, canary=50),
        shop.rollback,
        shop.prune,
    ]
    with shop.load("" if ours else "hi", seconds=400) as load:
        for change in changes:
            change()
            load.until(load.tally.answered + _BETWEEN)
    assert load.tally.lost == []


def test_ten_percent_are_ten_percent(shop: Shop) -> None:
    spec = shop.spec()
    shop.deploy(spec, 1)
    shop.deploy(spec, 2, canary=10)
    many = 40_000  # of 10,000 chance alone moves a share by half a point, one time in ten
    with shop.load("hi", limit=many, seconds=400) as load:
        tally = load.wait()
    assert tally.lost == []
    assert tally.of(shop.canary) == pytest.approx(many / 10, abs=many / 200)
