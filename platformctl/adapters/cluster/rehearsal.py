"""What would go wrong with a revision, found before anything is made."""

from collections.abc import Sequence

from platformctl import render
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.apply import Objects
from platformctl.adapters.cluster.checking import checks
from platformctl.adapters.cluster.state.routes import Routes
from platformctl.domain.cluster import Shape
from platformctl.domain.errors import PlatformctlError, Refused, SpecError
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import Revision, Scale


def findings(  # noqa: PLR0913, PLR0917 - what a target has
    api: Api, shape: Shape, objects: Objects, routes: Routes, revision: Revision, scale: Scale
) -> Sequence[Finding]:
    """What speaks against a revision: the spec, the cluster, and what its API server and webhooks say to it.

    Raises:
        Refused: The cluster is not one that can be deployed to.
    """
    try:
        wanted = render.revision(revision, scale, shape)
    except SpecError as error:
        return [finding(error)]
    found = list(checks.findings(api, shape, revision, scale))
    if any(finding.severity is Severity.ERROR for finding in found):
        return found
    return [*found, *map(finding, _refusals(objects, routes, revision, wanted))]


def _refusals(
    objects: Objects, routes: Routes, revision: Revision, wanted: Sequence[Manifest]
) -> Sequence[PlatformctlError]:
    """What the API server and its webhooks say to what would be made. What is there is not made."""
    if objects.find(revision.id) is not None:
        return []
    refusals = objects.rehearse(wanted)
    if routes.read(revision.deployment) is None:
        try:
            routes.refuse_rivals(revision.deployment)
        except Refused as error:
            refusals.append(error)
    return refusals


def finding(error: PlatformctlError) -> Finding:
    """What speaks against a revision, as a target says it."""
    return Finding(Severity.ERROR, error.message, field=error.field or "", hint=error.hint or "")
