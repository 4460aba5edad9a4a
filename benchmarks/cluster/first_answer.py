"""From the start of `deploy --canary` to the canary's first answer, beside what its pod took of it."""

import http.client
import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.cluster.stage import NAME, PLATFORMCTL, Ground
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import is_leaving, label
from platformctl.adapters.cluster.observing.causes.pods import is_ready
from platformctl.domain.manifests import DEPLOYMENT, REVISION, Manifest
from tests.cluster.models import ROWS

_EVERY = 0.05
_PATIENCE = 120.0
_CANARY = f"{NAME}-v2-"
_HEADER = "x-platformctl-revision"


class Shown(NamedTuple):
    """Seconds since the command began.

    Args:
        made: Until the canary's pod was there.
        ready: Until that was ready.
        answered: Until it answered a request that anybody may have sent.
        ended: Until the command ended.
    """

    made: float
    ready: float
    answered: float
    ended: float

    @property
    def own(self) -> float:
        """What the pod took: its container, its model, its first imports."""
        return self.ready - self.made

    @property
    def added(self) -> float:
        """What all else took."""
        return self.answered - self.own


def canary(stage: Ground) -> Shown:
    """Deploy version 2 as a canary of half the requests, look on, and roll back."""
    command = [*PLATFORMCTL, "-n", stage.namespace, "deploy", "-f", "churn.yaml"]
    host = stage.host()
    with ThreadPoolExecutor() as pool:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--version", "2", "--canary", "50", "--retry"],
            cwd=stage.folder,
            env=stage.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        pods = pool.submit(_pods, stage, began)
        answered = pool.submit(_await, lambda: _is_canarys(stage, host), began)
        said, _ = process.communicate()
        ended = time.perf_counter() - began
    if process.returncode != 0:
        raise SystemExit(f"deploy --canary ended with {process.returncode}:\n{said}")
    stage.platformctl("-n", stage.namespace, "rollback", NAME)
    return Shown(*pods.result(), answered.result(), ended)


def _pods(stage: Ground, began: float) -> tuple[float, float]:
    api = stage.api(stage.namespace)

    def found() -> list[Manifest]:
        pods = [pod for pod in api.list(POD, f"{DEPLOYMENT}={NAME}") if not is_leaving(pod)]
        return [pod for pod in pods if label(pod, REVISION).startswith(_CANARY)]

    return _await(lambda: bool(found()), began), _await(lambda: any(map(is_ready, found())), began)


def _is_canarys(stage: Ground, host: str) -> bool:
    """Send one request as any client does, over a connection of its own; whether the canary answers it."""
    place = urlsplit(stage.stack.gateway)
    with closing(http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=5)) as connection:
        connection.request("POST", f"/v1/models/{NAME}:predict", json.dumps(ROWS), {"host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status == http.client.OK and (answer.getheader(_HEADER) or "").startswith(_CANARY)


def _await(is_so: Callable[[], bool], began: float) -> float:
    """Seconds since the beginning until it is so."""
    while not is_so():
        if time.perf_counter() - began > _PATIENCE:
            raise SystemExit("the canary did not come")
        time.sleep(_EVERY)
    return time.perf_counter() - began
