"""kill -9 of platformctl after each write of a record or of the InferenceService.

What is recorded comes first, and the InferenceService follows: so who is killed leaves one that is behind,
and the next command brings it on. Which requests there are is found in a run that is not killed.
"""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from platformctl.domain.names import RevisionId
from platformctl.domain.rollout import Phase
from tests.cluster_load.shop import CHURN, Shop

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

_STEPS = re.compile(rf"/(configmaps/{CHURN}-rollout|inferenceservices/{CHURN})")


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
    if _shares(shop) != {"1": 100}:
        shop.deploy(shop.spec(), 1)


def _canary(shop: Shop) -> None:
    _stable(shop)
    shop.deploy(shop.spec(), 2, canary=10)


SCENARIOS = {
    "canary": Scenario(("deploy", "2", "10"), _stable, {"1": 90, "2": 10}),
    "promote": Scenario(("promote",), _canary, {"2": 100}),
    "rollback": Scenario(("rollback",), _canary, {"1": 100}),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_next_command_ends_where_the_first_would_have(shop: Shop, scenario: Scenario) -> None:
    shop.save(shop.spec())
    scenario.before(shop)
    whole = _client(shop, scenario, after=0)
    assert whole.returncode == 0, whole.stderr
    assert _shares(shop) == scenario.shares
    sent = whole.stdout.splitlines()[1:]
    for after in (number for number, path in enumerate(sent, 1) if _STEPS.search(path)):
        scenario.before(shop)
        before = set(shop.seen.route.weights)
        assert _client(shop, scenario, after).returncode == -signal.SIGKILL
        _must_serve_what_was_or_is_recorded(shop, before)
        _finish(shop, scenario)
        assert _shares(shop) == scenario.shares, f"killed after {sent[after - 1]}, request {after}"
        seen = shop.seen
        assert seen.served == seen.route, f"killed after {sent[after - 1]}, request {after}"


def _must_serve_what_was_or_is_recorded(shop: Shop, before: set[RevisionId]) -> None:
    meant = before | set(shop.seen.route.weights)
    with shop.load("hi", limit=200, connections=4) as load:
        tally = load.wait()
    assert tally.lost == []
    assert {who for _, who in tally.answers} <= meant


def _client(shop: Shop, scenario: Scenario, after: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.cluster_load.killed_client", str(shop.folder), str(after)]
    return subprocess.run(
        [*command, *scenario.command], capture_output=True, text=True, check=False, timeout=300
    )


def _finish(shop: Shop, scenario: Scenario) -> None:
    """Give the command again, as a person would who saw it die; if it was done, whatever is left."""
    at_rest = shop.seen.rollout.phase in {Phase.STEADY, Phase.CANARY}
    if at_rest and _shares(shop) == scenario.shares:
        shop.prune(1)
        return
    finished = _client(shop, scenario, after=0)
    assert finished.returncode == 0, finished.stderr


def _shares(shop: Shop) -> dict[str, int]:
    """Percent by version, as recorded."""
    return {revision.split("-")[1][1:]: share for revision, share in shop.seen.route.weights.items()}
