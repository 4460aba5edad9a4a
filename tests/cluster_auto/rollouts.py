"""Rollouts that decide by themselves, on a real cluster."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from platformctl.domain.components import Image
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import Conflict
from platformctl.domain.observed import Observed
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Phase
from platformctl.usecases.automatic import Driver
from tests.cluster import image_names
from tests.cluster_load.shop import Shop

_SERVER = Path(__file__).with_name("pod_server.py")
_POLICY: Mapping[str, Any] = {
    "steps": [{"weight": 10, "hold": "2s"}, {"weight": 50, "hold": "2s"}, 100],
    "bake": "5s",
}


def spec(shop: Shop, does: str) -> ModelDeployment:
    """A spec whose version 2 does that, and takes over by itself."""
    image = Image(
        image=image_names.PYTHON,
        args=("python3", "-c", _SERVER.read_text()),
        env={"DOES": does},
        model=False,
    )
    return shop.spec().with_spec(predictor=image, rollout=RolloutPolicy.model_validate(_POLICY))


def begin(shop: Shop, does: str) -> None:
    """Version 1 serves, and version 2 begins to take over."""
    for version in (1, 2):
        shop.deploy(spec(shop, does), version)


def drive(shop: Shop, until: Callable[[Observed], object] | None = None, seconds: float = 240) -> Observed:
    """Have turns until it is over, or a condition on what is observed holds."""
    driver, deadline = Driver(shop.world()), time.monotonic() + seconds
    while True:
        with suppress(Conflict):
            driver.turn(shop.name)
        seen = shop.seen
        if until(seen) if until else is_over(seen):
            return seen
        assert time.monotonic() < deadline, seen.rollout.history[-3:]
        time.sleep(1)


def is_over(seen: Observed) -> bool:
    """Whether it has ended."""
    return seen.rollout.auto is None and seen.rollout.phase is Phase.STEADY


def command(shop: Shop, *arguments: str) -> "subprocess.Popen[str]":
    """The command line, as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "platformctl", *arguments],
        cwd=shop.folder,
        env={**os.environ, **shop.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def events(seen: Observed) -> Sequence[str]:
    """What has happened, oldest first."""
    return [record.event for record in seen.rollout.history]
