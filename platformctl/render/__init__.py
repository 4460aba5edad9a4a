"""Objects of Kubernetes, from a revision, a route and the settings of a cluster. Pure: the same bytes anywhere.

Templates (`manifests/`) hold shape, the modules here hold decisions, one subject each.
"""

from collections.abc import Collection

from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route


def revision(revision: Revision, scale: Scale, shape: Shape) -> tuple[Manifest, ...]:
    """The objects of one revision; the InferenceService is the first, and owns the others.

    Raises:
        SpecError: Something of it has no place on a cluster; the message says what, and the way out.
    """
    raise NotImplementedError


def route(
    name: Name, route: Route, rollout: Rollout, live: Collection[Revision], shape: Shape
) -> Manifest:
    """The HTTPRoute of a deployment, with its rollout.

    Args:
        live: The revisions that can be asked by name, whatever their weight.
    """
    raise NotImplementedError
