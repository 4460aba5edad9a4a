"""A client that kills itself with SIGKILL after its n-th writing request, or tells how many it makes.

    python -m tests.cluster_load.killed_client FOLDER AFTER VERB [VERSION [CANARY]]

AFTER is the number of the request, among those that change something on the cluster, right after which it
dies; 0: it lives, and prints how many there were. Renewals of its lease do not count: they depend on time.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from platformctl import wiring
from platformctl.adapters import config
from platformctl.adapters.cluster.api.transport import Asking, Reply, Transport
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.settings import Flags
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.cluster_load.shop import CHURN, SPEC
from tests.fakes import RecordingReporter


def _changes(asking: Asking) -> bool:
    """Not a question whether something may be done, nor a rehearsal of it."""
    asks = "selfsubjectaccessreviews" in asking.path or "dryRun" in dict(asking.query)
    return asking.method != "GET" and not asks


def _mortal(send: Callable[[Transport, Asking], Reply], after: int, sent: list[str]) -> Any:
    lock = threading.Lock()

    def counted(transport: Transport, asking: Asking) -> Reply:
        reply = send(transport, asking)
        if _changes(asking) and not threading.current_thread().name.startswith("lease"):
            with lock:
                sent.append(f"{asking.method} {asking.path}")
                if len(sent) == after:
                    os.kill(os.getpid(), signal.SIGKILL)
        return reply

    return counted


def _run(world: World, spec: ModelDeployment, verb: str, arguments: list[str]) -> None:
    match verb, arguments:
        case "deploy", [version, *canary]:
            share = int(canary[0]) if canary else None
            deploy(world, DeployRequest(CHURN, spec, version=Exact(int(version)), canary=share, retry=True))
        case "shift", [version]:
            deploy(world, DeployRequest(CHURN, spec, version=Exact(int(version)), staged=True))
        case "promote", []:
            promote(world, CHURN, None)
        case "rollback", []:
            rollback(world, CHURN, None)
        case "prune", []:
            prune(world, CHURN, 0)
        case "delete", []:
            delete(world, CHURN)
        case _:
            raise SystemExit(f"what is {verb} {arguments}?")


def main(folder: str, after: str, verb: str, *arguments: str) -> None:
    """Run one command, and die in it if so wanted."""
    sent: list[str] = []
    Transport.send = _mortal(Transport.send, int(after), sent)  # type: ignore[method-assign]  # in a process of its own
    settings = config.settings(Flags(), {"HOME": folder}, Path(folder))
    spec = ModelDeployment.model_validate_json((Path(folder) / SPEC).read_text())
    _run(wiring.world(settings, RecordingReporter(), timedelta(seconds=120)), spec, verb, list(arguments))
    sys.stdout.write(f"{len(sent)}\n" + "".join(f"{one}\n" for one in sent))


if __name__ == "__main__":
    main(*sys.argv[1:])
