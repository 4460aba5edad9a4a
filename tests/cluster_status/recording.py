"""What was seen of a revision on a real cluster, kept in a file, so that it is read again without one.

PLATFORMCTL_RECORD=1 in the environment of the tests on a cluster writes the files anew.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from platformctl.adapters.cluster.observing import knative_statuses
from platformctl.adapters.cluster.observing.causes.pods import Evidence
from platformctl.adapters.cluster.observing.statuses import Seen

FOLDER = Path(__file__).parent / "recorded"
RECORD = "PLATFORMCTL_RECORD"


def write(name: str, seen: Seen | knative_statuses.Seen, now: datetime) -> None:
    """Keep what was seen, without what says nothing about it."""
    file = FOLDER / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    kept = {"now": now.isoformat(), **asdict(seen)}
    file.write_text(json.dumps(_pruned(kept), indent=1, sort_keys=True) + "\n")


def read(name: str) -> tuple[Seen, datetime]:
    """What was seen, and when."""
    kept, now = _read(name)
    return Seen(**kept), now


def read_knative(name: str) -> tuple[knative_statuses.Seen, datetime]:
    """The same of what was in Knative mode."""
    kept, now = _read(name)
    return knative_statuses.Seen(**kept), now


def _read(name: str) -> tuple[dict[str, Any], datetime]:
    kept: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    evidence = {uid: Evidence(tuple(one["events"]), one["logs"]) for uid, one in kept.pop("evidence").items()}
    now = datetime.fromisoformat(kept.pop("now"))
    return {**kept, "evidence": evidence}, now


def _pruned(thing: Any) -> Any:  # any JSON
    if isinstance(thing, Mapping):
        return {key: _pruned(value) for key, value in thing.items() if key not in _NOTHING_TO_US}
    return [_pruned(one) for one in thing] if isinstance(thing, (list, tuple)) else thing


_NOTHING_TO_US = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        *("managedFields", "resourceVersion", "selfLink", "ownerReferences", "finalizers"),
        *("volumeMounts", "volumes", "env", "template", "strategy", "tolerations", "securityContext"),
        *("podIPs", "hostIPs", "imageID", "containerID", "terminationMessagePath"),
    }
)
