"""Objects of a deployment in Knative mode: one InferenceService, whose template is one revision at a time.

What a revision needs besides is its own, and stays while it may serve.
"""

from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import HOLDS, Manifest
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.render import checked, containers
from platformctl.render.knative import limits, objects, scaling
from platformctl.render.knative.objects import record_name
from platformctl.render.knative.scaling import in_place, told

__all__ = ["HOLDS", "in_place", "record", "record_name", "revision", "service", "told"]


def revision(revision: Revision, scale: Scale, shape: Shape) -> tuple[Manifest, ...]:
    """What the pods of a revision need. The InferenceService, which has the pods, is to own it.

    Raises:
        SpecError: Something of the revision has no place in Knative mode; the message says the way out.
    """
    _refuse(revision, scale)
    present = objects.needed(revision, shape)
    checked.check(present, shape.kserve)
    return present


def service(revision: Revision, scale: Scale, percent: int, shape: Shape) -> Manifest:
    """The InferenceService of a deployment.

    Args:
        revision: The one that is its template.
        scale: Of that.
        percent: The part of the requests that it gets once it is ready, 0 to 100; the one that was rolled out
            last gets the rest.
        shape: The cluster.

    Raises:
        SpecError: Something of it has no place in Knative mode, or in the cluster's version of KServe.
    """
    _refuse(revision, scale)
    limits.refuse_percent(percent)
    made = objects.inference_service(revision, scale, percent, shape)
    checked.check((made,), shape.kserve)
    return made


def record(name: Name, rollout: Rollout, shape: Shape) -> Manifest:
    """The ConfigMap that holds the rollout of a deployment, and who committed it."""
    return objects.record(name, rollout, shape)


def _refuse(revision: Revision, scale: Scale) -> None:
    containers.refuse_classes_in_folders(revision)
    limits.refuse(revision)
    scaling.refuse(scale, revision.resources.memory)
