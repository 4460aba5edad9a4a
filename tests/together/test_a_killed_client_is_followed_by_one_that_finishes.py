"""kill -9 of platformctl right after each change that it makes on a real stack.

Which changes there are is found by counting them in a run that is not killed; the moment of death is
the change itself, so nothing depends on time.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from platformctl.adapters.local.state import SCHEMA_VERSION
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.rollout import Phase
from platformctl.usecases.read import status
from tests.local.world import LocalWorld
from tests.together.product import Product

pytestmark = [pytest.mark.full, pytest.mark.timeout(420)]

ONE, TWO = 1, 2


@dataclass(frozen=True)
class Scenario:
    """A command, what was done before it, and what is true after it."""

    verb: str
    before: Callable[[Product], object]
    answers: dict[int, int]
    """Percent by the number that the model answers."""
    arguments: tuple[str, ...] = ()


def _canary(product: Product) -> None:
    product.deploy(ONE)
    product.deploy(TWO, canary=10)


def _promoted(product: Product) -> None:
    _canary(product)
    product.promote()


SCENARIOS = {
    "first deploy": Scenario("deploy", lambda _: None, {ONE: 100}, ("1",)),
    "canary": Scenario("deploy", lambda p: p.deploy(ONE), {ONE: 90, TWO: 10}, ("2", "10")),
    "promote": Scenario("promote", _canary, {TWO: 100}),
    "rollback of a canary": Scenario("rollback", _canary, {ONE: 100}),
    "rollback of a promotion": Scenario("rollback", _promoted, {ONE: 100}),
    "delete": Scenario("delete", _canary, {}),
}


@pytest.fixture(params=SCENARIOS, name="scenario")
def one_scenario(request: pytest.FixtureRequest) -> Scenario:
    return SCENARIOS[request.param]


def test_whatever_the_moment_the_next_command_ends_where_the_first_would_have(
    stack: LocalWorld, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    slug = f"k{list(SCENARIOS).index(request.node.callspec.params['scenario'])}"
    undisturbed = Product(stack, Name(f"{slug}-0"))
    scenario.before(undisturbed)
    changes = int(_client(undisturbed, scenario, after=0).stdout)
    assert changes >= 2
    for after in range(1, changes + 1):
        product = Product(stack, Name(f"{slug}-{after}"))
        scenario.before(product)
        assert _client(product, scenario, after).returncode == -signal.SIGKILL
        _must_be_sane(product)
        _finish(product, scenario)
        _must_be_done(product, scenario, after)
        product.delete()
    undisturbed.delete()


def _client(product: Product, scenario: Scenario, after: int) -> subprocess.CompletedProcess[str]:
    arguments = list(scenario.arguments)
    if arguments:
        arguments[0] = product.local.revision(product.name, int(arguments[0])).model.uri
    home = str(product.local.home.root)
    command = [sys.executable, "-m", "tests.together.killed_client", home, str(after), product.name]
    return subprocess.run(
        [*command, scenario.verb, *arguments], stdout=subprocess.PIPE, text=True, check=False, timeout=90
    )


def _must_be_sane(product: Product) -> None:
    """Whatever has weight answers; the file is whole; the lease is free; status does not fail."""
    state = json.loads(product.local.home.state_file.read_text())
    assert state["schemaVersion"] == SCHEMA_VERSION
    seen = product.seen
    assert sum(seen.route.weights.values()) in {0, 100}
    assert all(seen.revisions[revision].is_ready for revision in seen.route.weights)
    assert product.world.lease.holder(product.name) is None
    if seen.token:
        status(product.world, product.name)
    if seen.route.weights:
        answers = [product.local.ask(product.name) for _ in range(20)]
        assert {answer.status for answer in answers} == {200}
        assert {answer.revision for answer in answers} <= set(seen.route.weights)


def _finish(product: Product, scenario: Scenario) -> None:
    """Give the command again, as a person would who saw it die; if it was done, there is nothing to do."""
    if _is_done(product, scenario):
        if product.seen.token:
            product.prune(1)
        return
    match scenario.verb, scenario.arguments:
        case "deploy", (number, *canary):
            product.deploy(int(number), int(canary[0]) if canary else None)
        case "promote", ():
            product.promote()
        case "rollback", ():
            product.rollback()
        case _:
            product.delete()


def _wanted(product: Product, scenario: Scenario) -> dict[RevisionId, int]:
    return {product.revision(number): share for number, share in scenario.answers.items()}


def _is_done(product: Product, scenario: Scenario) -> bool:
    seen = product.seen
    at_rest = seen.rollout.phase in {Phase.STEADY, Phase.CANARY, Phase.EMPTY}
    return at_rest and dict(seen.route.weights) == _wanted(product, scenario)


def _must_be_done(product: Product, scenario: Scenario, after: int) -> None:
    seen = product.seen
    assert dict(seen.route.weights) == _wanted(product, scenario), f"killed after change {after}"
    retained = {revision.id for revision in seen.rollout.retained}
    assert set(seen.revisions) <= retained, f"killed after change {after}: something was left behind"
