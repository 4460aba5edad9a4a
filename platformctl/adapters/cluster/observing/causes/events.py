"""What the events of a pod tell that its status does not. Pure."""

import re
from collections.abc import Iterable, Sequence

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened
from platformctl.adapters.cluster.observing.causes.settings import APPEARS
from platformctl.domain.manifests import Manifest

_KILLED_BY = re.compile(r"Container (\S+) failed (startup|liveness) probe")

# An event may be older than what was done about it, so few of them are hopeless.
_RULES = (
    Rule(
        r"MountVolume.SetUp failed.*(secret|configmap) \"([^\"]+)\" not found",
        "{1} {2} is missing",
        "make it in the same namespace: kubectl create {1} … {2}",
        None,
    ),
    Rule(
        r"(?:FailedMount|FailedAttachVolume)[^:]*: (.*)",
        "a volume cannot be mounted: {1}",
        "kubectl describe pvc; kubectl describe pod",
        None,
    ),
    Rule(
        r"FailedCreatePodSandBox[^:]*: (.*)",
        "the node cannot give it a network: {1}",
        "the node's container network is at fault: kubectl describe node",
        None,
    ),
    Rule(
        r"Unhealthy[^:]*: ((?:Startup|Readiness|Liveness) probe failed: .*)",
        "it runs and is not ready: {1}",
        "",
        None,
    ),
)


def lines(found: Iterable[Manifest]) -> tuple[str, ...]:
    """Events as lines, oldest first: `reason: message`."""
    ordered = sorted(found, key=_last_seen)
    return tuple(f"{objects.text(event, 'reason')}: {objects.text(event, 'message')}" for event in ordered)


def probe(told: Sequence[str], container: str) -> str:
    """The probe that a container was last stopped for: startup or liveness; "" if it was for none."""
    killed = [found for found in map(_KILLED_BY.search, told) if found and found[1] == container]
    return killed[-1][2] if killed else ""


def cause(told: Sequence[str]) -> Cause | None:
    """What the last event that tells of trouble says."""
    for line in reversed(told):
        found = by_rules(_RULES, shortened(line, 400), APPEARS)
        if found is not None:
            return found
        if line.startswith("Pulling:"):
            return Cause(
                f"its image is pulled: {line.removeprefix('Pulling: Pulling image ')}", trouble=False
            )
    return None


def _last_seen(event: Manifest) -> str:
    """Times as Kubernetes writes them are in order as texts, but for their fractions."""
    for path in (("series", "lastObservedTime"), ("lastTimestamp",), ("eventTime",), ("firstTimestamp",)):
        found = objects.text(event, *path)
        if found:
            return found
    return objects.text(event, "metadata", "creationTimestamp")
