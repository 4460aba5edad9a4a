"""By what a revision scales in Knative mode: what Knative's revision says, and what an autoscaler sees. Pure.

Its annotations may be changed in place, and are what holds; the template says what it was made with.
"""

from collections.abc import Sequence

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing import scaling
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Gauge
from platformctl.domain.revision import Scale
from platformctl.render import knative

_AUTOSCALING = "autoscaling.knative.dev"
_HPA = f"hpa.{_AUTOSCALING}"
_CONTAINER = "kserve-container"


def least(revision: Manifest) -> int:
    """The replicas that it is to keep; Knative's own default is none."""
    return _number(revision, "min-scale") or 0


def by_resources(revision: Manifest) -> bool:
    """Whether a HorizontalPodAutoscaler scales it."""
    return objects.annotation(revision, f"{_AUTOSCALING}/class") == _HPA


def scale(revision: Manifest) -> Scale | None:
    """What it is told to keep to; None if that is nothing that a spec could say."""
    if not revision:
        return None
    containers = objects.entries(revision, "spec", "containers")
    container = next((one for one in containers if one.get("name") == _CONTAINER), {})
    memory = objects.text(container, "resources", "limits", "memory")
    return knative.told(objects.mapping(revision, "metadata", "annotations"), memory)


def bounds(revision: Manifest) -> tuple[int, int] | None:
    """Replicas at least and at most; None where nobody has said how many at most."""
    most = _number(revision, "max-scale")
    return (least(revision), most) if most else None


def gauges(revision: Manifest, autoscalers: Sequence[Manifest]) -> tuple[Gauge, ...]:
    """What scales it looks at; how much that is now only an autoscaler of Kubernetes says."""
    name = objects.name(revision)
    if by_resources(revision):
        ours = [one for one in autoscalers if objects.name(one) == name]
        return scaling.seen_by(ours[0]) if ours else ()
    target = objects.annotation(revision, f"{_AUTOSCALING}/target")
    metric = objects.annotation(revision, f"{_AUTOSCALING}/metric") or "concurrency"
    return (Gauge(metric, f"{target} a replica"),) if target else ()


def _number(revision: Manifest, key: str) -> int | None:
    found = objects.annotation(revision, f"{_AUTOSCALING}/{key}")
    return int(found) if found.isdecimal() else None
