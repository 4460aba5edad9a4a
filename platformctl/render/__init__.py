"""Objects of Kubernetes, from a revision, a route and the settings of a cluster; the same ones anywhere.

Templates (`manifests/`) hold shape, the modules here hold decisions, one subject each.
"""

from collections.abc import Mapping

from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.render import checked, containers, knative, names, objects, routes, scaling
from platformctl.render.names import service, service_of
from platformctl.render.scaling import patch

__all__ = ["knative", "patch", "revision", "route", "service", "service_of"]


def revision(revision: Revision, scale: Scale, shape: Shape) -> tuple[Manifest, ...]:
    """The objects of one revision; the InferenceService is the first, and is to own the others.

    Raises:
        SpecError: Something of it has no place on a cluster, or in its version of KServe; the message says
            what, and the way out.
    """
    names.refuse_long_names(revision)
    containers.refuse_classes_in_folders(revision)
    scaling.refuse(scale)
    made = (
        objects.inference_service(revision, scale, shape),
        objects.config_map(revision, shape),
        objects.service_account(revision, shape),
        objects.grpc_service(revision, shape),
        *(objects.disruption_budget(revision, part, shape) for part in names.parts(revision)),
    )
    present = tuple(manifest for manifest in made if manifest is not None)
    checked.check(present, shape.kserve)
    return present


def route(
    name: Name, route: Route, rollout: Rollout, live: Mapping[RevisionId, str], shape: Shape
) -> Manifest:
    """The HTTPRoute of a deployment, with its rollout.

    Args:
        name: The deployment's.
        route: The weights.
        rollout: What is recorded beside them.
        live: The revisions that can be asked by name, whatever their weight, and the Service of each
            (`service`, `service_of`).
        shape: The cluster.
    """
    made = routes.http_route(name, route, rollout, live, shape)
    checked.check((made,), shape.kserve)
    return made
