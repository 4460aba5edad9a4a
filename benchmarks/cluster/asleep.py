"""The first answer of a deployment of which nothing runs."""

import time

from benchmarks.cluster.stage import NAME, Ground
from benchmarks.cluster.under_load import load
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.domain.manifests import DEPLOYMENT

_EVERY = 0.5
_PATIENCE = 300.0


def first_answer(ground: Ground) -> float:
    """Wait until nobody has asked for long enough, and ask; the seconds until the answer."""
    api, host = ground.api(ground.namespace), ground.host()
    deadline = time.monotonic() + _PATIENCE
    while api.list(POD, f"{DEPLOYMENT}={NAME}"):
        if time.monotonic() > deadline:
            raise SystemExit(f"{NAME} does not go to sleep in {_PATIENCE:.0f} s")
        time.sleep(_EVERY)
    with load(ground, host, limit=1) as one:
        tally = one.wait()
    if tally.lost or tally.answered != 1:
        raise SystemExit(f"the first request to a sleeper was lost: {tally.lost}")
    return tally.latencies[0]
