"""On a real cluster, with real callers: nobody promotes, and nobody rolls back."""

import signal
import time
from functools import partial

import pytest

from platformctl.domain.gates import Kind, Standing
from platformctl.domain.observed import Observed
from platformctl.usecases.waiting import waiting
from tests.cluster_auto.rollouts import begin, command, drive, events
from tests.cluster_load.shop import Shop, ask, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


def _learned(seen: Observed) -> int:
    """Requests of the new version that the evidence is made of."""
    standings = seen.rollout.auto.evidence.standings if seen.rollout.auto else {}
    return standings.get(Kind.ERRORS, Standing()).seen.requests


def _knows_more(shop: Shop, than: int) -> bool:
    seen = shop.seen
    return seen.rollout.auto is None or _learned(seen) > than


def test_a_version_that_is_as_good_takes_over_and_nothing_is_lost(shop: Shop) -> None:
    begin(shop, "good")
    new = shop.canary
    with shop.load("hi", connections=4, seconds=400) as load:
        seen = drive(shop)
        load.until(load.tally.answered + 200)
    assert dict(seen.route.weights) == {new: 100}
    assert load.tally.lost == []
    assert events(seen)[-1] == "finished"


def test_a_version_that_breaks_goes_back_before_a_tenth_of_the_callers_has_seen_it(shop: Shop) -> None:
    begin(shop, "broken")
    new, old = shop.canary, shop.stable
    with shop.load("hi", connections=4, seconds=400, tolerance=100_000) as load:
        seen = drive(shop)
        load.until(load.tally.answered + 200)
    assert dict(seen.route.weights) == {old: 100}
    assert load.tally.of(new) <= 0.11 * load.tally.answered
    (rejected,) = seen.rollout.rejected
    assert (rejected.revision, rejected.reason[:12]) == (new, "errors fail:")


def test_one_that_crashes_over_and_over_is_gone_in_twenty_seconds(shop: Shop) -> None:
    begin(shop, "crashing")
    old = shop.stable
    driver = command(shop, "rollout", "resume", "churn", "--wait")
    with shop.load("hi", connections=4, seconds=400, tolerance=100_000) as load:
        eventually(lambda: load.tally.lost, "it crashes")
        began = time.monotonic()
        eventually(lambda: shop.seen.route.share(old) == 100, "it is gone")
        took = time.monotonic() - began
        said = driver.communicate(timeout=120)[0]
        lost = len(load.tally.lost)
        load.until(load.tally.answered + 200)
    assert took <= 20
    assert len(load.tally.lost) == lost
    assert "it kept crashing for" in said or "it was not ready for" in said, said
    assert driver.returncode == 1, said


def test_while_no_pod_gives_figures_nothing_moves(shop: Shop) -> None:
    begin(shop, "good")
    before = dict(shop.seen.route.weights)
    pods = [pod["status"]["podIP"] for pod in shop.all_pods()]
    with shop.load("hi", connections=4, seconds=400) as load:
        for address in pods:
            ask(address, "mute")
        blind = drive(shop, lambda seen: seen.rollout.auto and seen.rollout.auto.trouble)
        for _ in range(5):
            drive(shop, lambda _: True)
        assert dict(shop.seen.route.weights) == before
        assert "its figures are missing" in waiting(blind.rollout, shop.world().clock.now())
        for address in pods:
            ask(address, "speak")
        seen = drive(shop)
    assert load.tally.lost == []
    assert {"no figures", "figures are back", "finished"} <= set(events(seen))


def test_a_killed_driver_leaves_its_evidence_to_the_next(shop: Shop) -> None:
    begin(shop, "good")
    new = shop.canary
    with shop.load("hi", connections=4, seconds=600) as load:
        for _ in range(3):
            before = _learned(shop.seen)
            driver = command(shop, "rollout", "resume", "churn", "--wait")
            eventually(partial(_knows_more, shop, before), "it looks")
            driver.send_signal(signal.SIGKILL)
            driver.communicate()
            assert _knows_more(shop, before)
        last = command(shop, "rollout", "resume", "churn", "--wait") if shop.seen.rollout.auto else None
        said = last.communicate(timeout=300)[0] if last else ""
    assert last is None or last.returncode == 0, said
    assert dict(shop.seen.route.weights) == {new: 100}
    assert load.tally.lost == []
