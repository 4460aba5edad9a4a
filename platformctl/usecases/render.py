"""The objects of a deployment, for Git: from the spec and the registry alone. No target is asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from platformctl import render
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import SpecError
from platformctl.domain.images import NOWHERE
from platformctl.domain.manifests import Manifest
from platformctl.domain.progress import Said, Warned
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.domain.route import WHOLE
from platformctl.plan import capacity, lookup
from platformctl.ports import Registry, Reporter
from platformctl.render import storage
from platformctl.usecases.findings import told
from platformctl.usecases.overrides import overridden
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.revise import Choice, revise

_ORDER = ("ConfigMap", "ServiceAccount", "Service", "InferenceService", "PodDisruptionBudget")
"""What an object needs comes before it."""


@dataclass(frozen=True)
class Press:
    """What rendering takes.

    Args:
        registry: Where models come from, or what it once answered.
        shape: The cluster, as configured.
        fingerprint: SHA-256 over the files of a folder.
        mode: What KServe is to make of it.
    """

    registry: Registry
    shape: Shape
    reporter: Reporter
    fingerprint: Callable[[str], str]
    mode: Mode = Mode.STANDARD


def rendered(press: Press, request: DeployRequest) -> Sequence[Manifest]:
    """The objects: each revision's, then the route; in Knative mode the record, each revision's, the service.

    Without a canary's share there is one revision, the one that a first `deploy` takes. With one there are
    that and the one that `deploy --canary` takes.

    Raises:
        NotFound: There is no such model, version or alias.
        SpecError: The spec has no place on a cluster, or both revisions are the same.
    """
    wanted = _wanted(request)
    share = request.canary or wanted.spec.canary
    rollout = _steady(press, request, wanted) if share is None else _canary(press, request, wanted, share)
    revisions = rollout.retained
    for revision in revisions:
        for finding in storage.findings(revision.model, press.shape.storage):
            press.reporter.event(told(finding))
    objects = (_of_knative if press.mode is Mode.KNATIVE else _of_standard)(press.shape, wanted, rollout)
    _warn_of_images_nowhere(press, objects)
    return objects


def _wanted(request: DeployRequest) -> ModelDeployment:
    """The spec that was given, else the default; with what the command says."""
    spec = Spec(model=ModelSource(name=request.model))
    default = ModelDeployment(metadata=Metadata(name=request.name), spec=spec)
    return overridden(request.spec or default, request.overrides)


def _of_standard(shape: Shape, wanted: ModelDeployment, rollout: Rollout) -> Sequence[Manifest]:
    """An InferenceService a revision, and the route with their weights."""
    made = [
        each
        for revision in rollout.retained
        for each in _ordered(render.revision(revision, _scale(wanted, revision), shape))
    ]
    live = {revision.id: render.service(revision) for revision in rollout.retained}
    return [*made, render.route(wanted.name, rollout.route, rollout, live, shape)]


def _of_knative(shape: Shape, wanted: ModelDeployment, rollout: Rollout) -> Sequence[Manifest]:
    """One InferenceService, with the newest revision as its template."""
    needed = [
        each
        for revision in rollout.retained
        for each in _ordered(render.knative.revision(revision, _scale(wanted, revision), shape))
    ]
    newest = rollout.retained[-1]
    percent = rollout.candidate.share if rollout.candidate else WHOLE
    service = render.knative.service(newest, _scale(wanted, newest), percent, shape)
    return [render.knative.record(wanted.name, rollout, shape), *needed, service]


def _ordered(manifests: Sequence[Manifest]) -> Sequence[Manifest]:
    return sorted(manifests, key=lambda manifest: _ORDER.index(manifest["kind"]))


def _scale(wanted: ModelDeployment, revision: Revision) -> Scale:
    return capacity.settled(wanted.spec.scaling, revision.id)


def _steady(press: Press, request: DeployRequest, wanted: ModelDeployment) -> Rollout:
    ways = lookup.lookups(wanted.spec.model, request.version, first=True, canary=False)
    stable = _told(press, revise(press, wanted, ways, Rollout()))
    return Rollout(phase=Phase.STEADY, wanted=wanted, stable=stable)


def _canary(press: Press, request: DeployRequest, wanted: ModelDeployment, share: int) -> Rollout:
    """What the command or the spec pins is the canary; of both, the command's."""
    source = wanted.spec.model
    before = source if request.version else ModelSource(name=source.name)
    ways = lookup.lookups(before, None, first=True, canary=False)
    stable = _told(press, revise(press, wanted, ways, Rollout()))
    ways = lookup.lookups(source, request.version, first=False, canary=True)
    canary = _told(press, revise(press, wanted, ways, Rollout()))
    if canary.id == stable.id:
        raise SpecError(
            f"the canary is what serves already: both are {stable.id}",
            field="--canary" if request.canary else "spec.canary",
            hint="point the alias champion at what serves, and name the canary with --version or the alias "
            "challenger; or leave the share out",
        )
    candidate = Candidate(revision=canary, goal=share, share=share)
    return Rollout(phase=Phase.CANARY, wanted=wanted, stable=stable, candidate=candidate)


def _told(press: Press, choice: Choice) -> Revision:
    revision = choice.revision
    press.reporter.event(Said(f"{revision.model.label} ({choice.rule}) is {revision.id}"))
    return revision


def _warn_of_images_nowhere(press: Press, objects: Sequence[Manifest]) -> None:
    """Say so if a container's image cannot be pulled from anywhere."""
    images = [
        container["image"]
        for manifest in objects
        if manifest["kind"] == "InferenceService"
        for component in manifest["spec"].values()
        for container in component["containers"]
    ]
    local = next((image for image in images if image.startswith(f"{NOWHERE}/")), None)
    if local is not None:
        hint = 'in platformctl.toml, in the context: images = "ghcr.io/your-team"; platformctl image build'
        press.reporter.event(Warned(f"{local} is in no registry: it has to be on the nodes already", hint))
