"""The first answer of a deployment of which nothing runs."""

import time
from collections.abc import Sequence

from benchmarks.cluster.stage import NAME, Ground
from benchmarks.cluster.under_load import load
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.domain.manifests import DEPLOYMENT

_EVERY = 0.5
_PATIENCE = 300.0


def first_answers(ground: Ground, several: int) -> Sequence[float]:
    """Deploy it, and each time that it has gone to sleep ask it; the seconds until the answers."""
    ground.platformctl("-n", ground.namespace, "deploy", "-f", "sleeper.yaml")
    host = ground.host()
    return [_first_answer(ground, host) for _ in range(several)]


def _first_answer(ground: Ground, host: str) -> float:
    _await_sleep(ground)
    with load(ground, host, limit=1) as one:
        tally = one.wait()
    if tally.lost or tally.answered != 1:
        raise SystemExit(f"the first request to a sleeper was lost: {tally.lost}")
    return tally.latencies[0]


def _await_sleep(ground: Ground) -> None:
    """Wait until nobody has asked for long enough."""
    api = ground.api(ground.namespace)
    deadline = time.monotonic() + _PATIENCE
    while api.list(POD, f"{DEPLOYMENT}={NAME}"):
        if time.monotonic() > deadline:
            raise SystemExit(f"{NAME} does not go to sleep in {_PATIENCE:.0f} s")
        time.sleep(_EVERY)
