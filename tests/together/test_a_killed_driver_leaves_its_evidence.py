"""kill -9 of whoever drives a rollout that decides by itself, right after each of its changes."""

import signal
import subprocess
import sys

import pytest

from platformctl.domain.gates import Kind, Standing
from platformctl.domain.names import Name
from tests.local.world import LocalWorld
from tests.together.deciding import GOOD, begin, drive, load
from tests.together.product import Product

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_CHANGES = 8
"""As many as there are from the first look to the second step."""


def _seen(product: Product) -> int:
    """Requests of the new version that the evidence is made of."""
    auto = product.seen.rollout.auto
    standings = auto.evidence.standings if auto else {}
    return standings.get(Kind.ERRORS, Standing()).seen.requests


@pytest.mark.parametrize("after", range(1, _CHANGES + 1))
def test_the_next_one_goes_on_with_it(stack: LocalWorld, after: int) -> None:
    product = Product(stack, Name(f"killed{after}"))
    begin(product, GOOD)
    new = product.seen.rollout.judged
    assert new is not None
    with load(product, connections=4) as callers:
        home = str(product.local.home.root)
        command = [sys.executable, "-m", "tests.together.killed_client", home, str(after), product.name]
        killed = subprocess.run([*command, "drive"], check=False, timeout=120, stdout=subprocess.PIPE)
        assert killed.returncode == -signal.SIGKILL
        before = _seen(product)
        after_it = drive(product, lambda _: not product.seen.rollout.auto or _seen(product) > before)
        assert sum(after_it.route.weights.values()) == 100
        drive(product)
    assert product.shares == {new.id: 100}, "\n".join(str(one) for one in product.seen.rollout.history)
    assert callers.tally.lost == []
    product.delete()
