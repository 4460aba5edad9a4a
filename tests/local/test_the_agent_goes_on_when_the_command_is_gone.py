"""On a real stack, with real callers: commands begin rollouts, and nobody but the agent goes on with them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from platformctl.adapters.local import orphans
from platformctl.adapters.local.programs import AGENT
from platformctl.adapters.local.supervisor import Process, State
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.names import Name
from platformctl.domain.rollout import Rollout
from platformctl.usecases.deploy import deploy
from platformctl.usecases.read import status
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.waiting import waiting
from tests.load import Load
from tests.local.world import LocalWorld, until
from tests.together.deciding import BROKEN, GOOD, begin, is_over, load, spec
from tests.together.product import Product

pytestmark = [pytest.mark.full, pytest.mark.timeout(420)]

QUICK = {"steps": [{"weight": 10, "hold": "1s"}, 100], "bake": "2s", "gates": {"latency": False}}
SLOW = QUICK | {"steps": [{"weight": 10, "hold": "25s"}, 100]}
PATIENCE = 180


@pytest.fixture
def product(fresh: LocalWorld) -> Iterator[Product]:
    """A stack of the test's own, and a deployment on it."""
    fresh.up()
    yield Product(fresh, Name("churn"))
    assert orphans.find(fresh.home.root)  # the stack was up to the end


def _agent(product: Product) -> Process:
    return product.local.supervisor.processes()[AGENT]


def _rollout(product: Product) -> Rollout:
    return product.local.states.read().deployments[product.name].rollout


def _seen(product: Product) -> int:
    """Requests of the new version that the evidence is made of."""
    auto = _rollout(product).auto
    standings = auto.evidence.standings if auto else {}
    return standings.get(Kind.ERRORS, Standing()).seen.requests


def _log(product: Product) -> str:
    return (product.local.home.logs / "agent.log").read_text()


def _events(product: Product) -> list[str]:
    return [record.event for record in _rollout(product).history]


def _must_end_well(product: Product, callers: Load) -> None:
    """The new version gets everything, once; the agent ends, and leaves nothing behind."""
    until(lambda: is_over(product.seen), PATIENCE, "over")
    assert _events(product).count("finished") == 1, _rollout(product).history
    assert _events(product).count("step") == 1
    until(lambda: product.local.answers(product.name, 2), what="served")
    assert list(product.shares.values()) == [100]
    until(lambda: not _agent(product).runs, 30, "ended")
    assert _agent(product).state is State.EXITED
    assert product.local.home.agenda.read_text() == "{}\n"
    assert callers.tally.lost == []


def test_a_version_that_is_as_good_takes_over(product: Product) -> None:
    begin(product, GOOD, **QUICK)
    with load(product, connections=4) as callers:
        assert psutil.Process(_agent(product).pid).memory_info().rss < 80e6
        assert {part.name for part in product.local.stack.status().parts} >= {AGENT}
        _must_end_well(product, callers)
    assert _log(product).count("finished") == 1
    assert AGENT not in {part.name for part in product.local.stack.status().parts}


def test_a_version_that_breaks_goes_back_and_the_next_one_wakes_it_again(product: Product) -> None:
    begin(product, BROKEN, **QUICK)
    with load(product, connections=4):
        until(lambda: is_over(product.seen), PATIENCE, "over")
        (rejected,) = _rollout(product).rejected
        assert rejected.reason.startswith("errors fail: ")
        assert product.shares == {_rollout(product).history[0].revision: 100}
        until(lambda: not _agent(product).runs, 30, "ended")
        assert f"failed {rejected.revision}: errors fail: " in _log(product)
        deploy(product.world, DeployRequest(product.name, spec=spec(product, 3, GOOD, **QUICK)))
        until(lambda: is_over(product.seen), PATIENCE, "over")
    until(lambda: product.local.answers(product.name, 3), what="served")


def test_whenever_it_is_killed_it_comes_back_with_its_evidence(product: Product) -> None:
    begin(product, GOOD, **SLOW)
    killed, seen = set(), 0
    with load(product, connections=4) as callers:
        for in_a_turn in (False, True, False, True, False):
            before = product.local.states.read().generation
            if in_a_turn:
                until(lambda: product.world.lease.holder(product.name) is not None, 60, "its turn")
            else:
                until(lambda now=before: product.local.states.read().generation > now, 60, "a commit")  # type: ignore[misc]  # bound
            pid = _agent(product).pid
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
            until(lambda: _agent(product).pid not in {0, *killed}, 60, "back")
            assert _seen(product) >= seen
            seen = _seen(product)
        _must_end_well(product, callers)
    assert seen > 0
    assert _log(product).count("on duty") > 1


@pytest.mark.parametrize(("after", "how"), [(1, "attended"), (1, "alone"), (3, "alone")])
def test_a_command_that_is_killed_right_after_a_change_is_followed(
    product: Product, after: int, how: str
) -> None:
    deploy(product.world, DeployRequest(product.name, spec=spec(product, 1, GOOD)))
    wanted = spec(product, 2, GOOD, **QUICK).model_dump_json(by_alias=True, exclude_none=True)
    command = [sys.executable, "-m", "tests.local.killed_beginner", str(product.local.home.root), str(after)]
    with load(product, connections=4) as callers:
        died = subprocess.run([*command, product.name, how], input=wanted, text=True, check=False, timeout=90)
        assert died.returncode == -signal.SIGKILL
        if how == "alone":
            assert not _agent(product).runs
            status(product.world, product.name)
        until(lambda: _agent(product).runs, 30, "followed")
        _must_end_well(product, callers)


def test_after_the_stack_was_down_it_goes_on(product: Product) -> None:
    begin(product, GOOD, **SLOW)
    with load(product, connections=2):
        until(lambda: _seen(product) > 0, 60, "looked at")
    pid, before = _agent(product).pid, _seen(product)
    product.local.stack.down()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert _seen(product) == before
    product.local.up()
    until(lambda: _agent(product).runs, 30, "up")
    product.local.until_ready(*_rollout(product).retained)
    with load(product, connections=4) as callers:
        until(lambda: _seen(product) > before or is_over(product.seen), PATIENCE, "looked at")
        _must_end_well(product, callers)
    assert "no figures" not in _events(product)


def test_while_the_source_of_figures_is_away_nothing_moves(product: Product) -> None:
    socket = product.local.home.envoy_admin
    elsewhere = socket.with_name("elsewhere")
    begin(product, GOOD, **QUICK)
    socket.rename(elsewhere)
    try:
        with load(product, connections=4) as callers:
            until(lambda: "no figures" in _events(product), 60, "seen")
            generation = product.local.states.read().generation
            callers.until(callers.tally.answered + 2000)
        assert sorted(product.shares.values()) == [10, 90]
        assert product.local.states.read().generation == generation
        assert "its figures are missing" in waiting(_rollout(product), product.world.clock.now())
    finally:
        elsewhere.rename(socket)
    with load(product, connections=4) as callers:
        _must_end_well(product, callers)
    assert "figures are back" in _events(product)
