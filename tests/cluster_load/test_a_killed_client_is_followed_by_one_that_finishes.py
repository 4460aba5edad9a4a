"""kill -9 of platformctl right after each request with which it changes a real cluster, under load.

Which requests there are is found by counting them in a run that is not killed. Each round goes on from where
the one before ended.
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from platformctl.domain.rollout import Phase
from platformctl.usecases.read import status
from tests.cluster_load.shop import CHURN, Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]


@dataclass(frozen=True)
class Scenario:
    """A command, how the deployment gets to where it is given, and the shares after it, by version."""

    command: tuple[str, ...]
    before: Callable[[Shop], object]
    shares: dict[str, int]


def _stable(shop: Shop) -> None:
    """Only version 1."""
    if shop.seen.rollout.phase is Phase.EMPTY:
        shop.deploy(shop.spec(), 1)
    if shop.seen.rollout.candidate is not None:
        shop.rollback()
    if _version_of_stable(shop) != "1":
        shop.rollback()
    shop.prune()


def _canary(shop: Shop) -> None:
    _stable(shop)
    shop.deploy(shop.spec(), 2, canary=10)


SCENARIOS = {
    "first deploy": Scenario(("deploy", "1"), Shop.delete, {"1": 100}),
    "canary": Scenario(("deploy", "2", "10"), _stable, {"1": 90, "2": 10}),
    "promote": Scenario(("promote",), _canary, {"2": 100}),
    "rollback": Scenario(("rollback",), _canary, {"1": 100}),
    "delete": Scenario(("delete",), _canary, {}),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_whatever_the_moment_the_next_command_ends_where_the_first_would_have(
    shop: Shop, scenario: Scenario
) -> None:
    shop.save(shop.spec())
    scenario.before(shop)
    whole = _client(shop, scenario, after=0)
    assert whole.returncode == 0, whole.stderr
    assert _shares(shop) == scenario.shares
    for after in range(1, int(whole.stdout.split()[0]) + 1):
        scenario.before(shop)
        assert _client(shop, scenario, after).returncode == -signal.SIGKILL
        _must_be_sane(shop)
        _finish(shop, scenario)
        assert _shares(shop) == scenario.shares, f"killed after request {after} of {whole.stdout}"
        seen = shop.seen
        retained = {revision.id for revision in seen.rollout.retained}
        assert set(seen.revisions) <= retained, f"killed after request {after}: something was left behind"


def _client(shop: Shop, scenario: Scenario, after: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cluster_load.killed_client", str(shop.folder), str(after)]
    return subprocess.run(
        [*command, *scenario.command], capture_output=True, text=True, check=False, timeout=300
    )


def _must_be_sane(shop: Shop) -> None:
    """Whatever has weight answers; nobody has the lease; status does not fail."""
    seen = shop.seen
    assert sum(seen.route.weights.values()) in {0, 100}
    assert all(seen.revisions[revision].is_ready for revision in seen.route.weights)
    world = shop.world()
    assert world.lease.holder(CHURN) is None
    if seen.token:
        status(world, CHURN)
    if seen.route.weights:
        with shop.load("hi", limit=100) as load:
            assert load.wait().lost == []


def _finish(shop: Shop, scenario: Scenario) -> None:
    """Give the command again, as a person would who saw it die; if it was done, there is nothing to do."""
    at_rest = shop.seen.rollout.phase in {Phase.STEADY, Phase.CANARY, Phase.EMPTY}
    if at_rest and _shares(shop) == scenario.shares:
        if shop.seen.token:
            shop.prune(1)
        return
    finished = _client(shop, scenario, after=0)
    assert finished.returncode == 0, finished.stderr


def _shares(shop: Shop) -> dict[str, int]:
    """Percent by version."""
    return {revision.split("-")[1][1:]: share for revision, share in shop.seen.route.weights.items()}


def _version_of_stable(shop: Shop) -> str | None:
    stable = shop.seen.rollout.stable
    return stable.model.version if stable else None
