"""Versions that behave well or badly on the local stack, in rollouts that decide by themselves."""

import time
from contextlib import suppress
from typing import Any

from platformctl.domain.components import CodeClass
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import Conflict
from platformctl.domain.observed import Observed
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Phase
from platformctl.usecases.automatic import Driver
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from tests.load import Load
from tests.together.product import BODY, Product

_CLASS = """
import itertools, os, kserve

class Mine(kserve.Model):
    def __init__(self, name):
        super().__init__(name)
        self.asked = itertools.count(1)
        self.ready = True

    def predict(self, payload, headers=None):
        number = next(self.asked)
        {does}
        return {{"predictions": [{version}] * len(payload["instances"])}}
"""
GOOD = "pass"
BROKEN = "assert number % 5, 'each fifth request fails'"
CRASHING = "os._exit(1)"
QUICK = {
    "steps": [{"weight": 10, "hold": "1s", "minRequests": 20}, {"weight": 50, "hold": "1s"}, 100],
    "bake": "2s",
}


def spec(product: Product, version: int, does: str = GOOD, **policy: Any) -> ModelDeployment:
    """A spec whose predictor is a class of that version that does that with each request."""
    folder = product.local.folder / "deciding" / product.name / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.py").write_text(_CLASS.format(does=does, version=version))
    plain = product.spec(product.local.revision(product.name).model.uri)
    predictor = CodeClass.model_validate({"class": "mine:Mine", "path": str(folder)})
    return plain.with_spec(predictor=predictor, rollout=RolloutPolicy.model_validate(policy or QUICK))


def begin(product: Product, does: str, **policy: Any) -> None:
    """Version 1 serves, and version 2 begins to take over."""
    for version, what in ((1, GOOD), (2, does)):
        deploy(product.world, DeployRequest(product.name, spec=spec(product, version, what, **policy)))


def load(product: Product, connections: int = 8) -> Load:
    """Callers, however many of their requests are lost."""
    return Load(
        product.local.port, product.path, BODY, connections=connections, seconds=300, tolerance=100_000
    )


def drive(product: Product, until: Any = None, seconds: float = 120) -> Observed:
    """Have turns until it is over, or a condition on what is observed holds."""
    driver, deadline = Driver(product.world), time.monotonic() + seconds
    while True:
        with suppress(Conflict):  # the agent's turn
            driver.turn(product.name)
        seen = product.seen
        if until(seen) if until else is_over(seen):
            return seen
        assert time.monotonic() < deadline, seen.rollout.history[-3:]
        time.sleep(0.2)


def is_over(seen: Observed) -> bool:
    """Whether it has ended."""
    return seen.rollout.auto is None and seen.rollout.phase is Phase.STEADY
