"""On a real stack, with real callers: nobody promotes, and nobody rolls back."""

import time

import pytest

from platformctl.usecases.waiting import waiting
from tests.together.deciding import BROKEN, CRASHING, GOOD, begin, drive, is_over, load
from tests.together.product import Product

pytestmark = [pytest.mark.full, pytest.mark.timeout(420)]


def _events(product: Product) -> list[str]:
    return [record.event for record in product.seen.rollout.history]


def test_a_version_that_is_as_good_takes_over_and_nothing_is_lost(product: Product) -> None:
    begin(product, GOOD)
    new = product.seen.rollout.judged
    assert new is not None
    with load(product) as callers:
        drive(product)
        callers.until(callers.tally.answered + 200)
    assert product.shares == {new.id: 100}, "\n".join(str(one) for one in product.seen.rollout.history)
    assert callers.tally.lost == []
    assert _events(product).count("step") == 2
    assert _events(product)[-1] == "finished"


def test_a_version_that_breaks_goes_back_before_a_tenth_of_the_callers_has_seen_it(product: Product) -> None:
    begin(product, BROKEN)
    new, old = product.seen.rollout.judged, product.seen.rollout.stable
    assert new is not None
    assert old is not None
    with load(product) as callers:
        drive(product)
        callers.until(callers.tally.answered + 200)
    assert product.shares == {old.id: 100}
    seen_by = callers.tally.of(new.id) / callers.tally.answered
    assert seen_by <= 0.1
    (rejected,) = product.seen.rollout.rejected
    assert (rejected.revision, rejected.reason[:12]) == (new.id, "errors fail:")


def test_one_that_crashes_over_and_over_is_gone_in_twenty_seconds(product: Product) -> None:
    begin(product, CRASHING)
    old = product.seen.rollout.stable
    assert old is not None
    with load(product) as callers:
        callers.until(100)
        began = time.monotonic()
        drive(product, lambda seen: seen.route.share(old.id) == 100)
    assert time.monotonic() - began <= 20
    assert "failed" in _events(product)


def test_while_the_source_of_figures_is_gone_nothing_moves(product: Product) -> None:
    socket = product.local.home.envoy_admin
    elsewhere = socket.with_name("elsewhere")
    with load(product, connections=4):
        begin(product, GOOD)
        before = product.shares
        socket.rename(elsewhere)
        try:
            blind = drive(product, lambda seen: seen.rollout.auto and seen.rollout.auto.trouble)
            for _ in range(20):
                drive(product, lambda _: True)
            assert product.shares == before
            assert "its figures are missing" in waiting(blind.rollout, product.world.clock.now())
        finally:
            elsewhere.rename(socket)
        drive(product, is_over)
    assert {"no figures", "figures are back", "finished"} <= set(_events(product))
