"""The objects of a deployment in Knative mode, as they were seen at one moment. Pure.

A revision of ours is one or more of Knative's: each change of the InferenceService's template makes another
one. Which of them is whose is said by a label that KServe copies from the template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platformctl.adapters.cluster.api.objects import (
    annotation,
    at,
    condition,
    entries,
    label,
    name,
    number,
    text,
)
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.route import WHOLE, Route

MADE = "platformctl.io/made"
"""An annotation of the template: how often it was made. By it a revision of Knative is known for its own."""

_GENERATION = "serving.knative.dev/configurationGeneration"
_PREDICTOR = ("spec", "predictor")
_STATUS = ("status", "components", "predictor")


@dataclass(frozen=True)
class Seen:
    """The objects of a deployment.

    Args:
        service: Its InferenceService; None: it is not there.
        knative: The Knative Service that KServe makes of it; None: not yet.
        revisions: Knative's revisions that are not being deleted.
    """

    service: Manifest | None = None
    knative: Manifest | None = None
    revisions: Sequence[Manifest] = ()

    @property
    def template(self) -> RevisionId | None:
        """The revision that the template is of."""
        found = text(self.service, *_PREDICTOR, "labels", REVISION)
        return RevisionId(found) if found else None

    @property
    def percent(self) -> int:
        """What the newest of Knative's revisions that is ready is to get; who was rolled out has the rest."""
        said = number(self.service, *_PREDICTOR, "canaryTrafficPercent")
        return WHOLE if said is None else said

    @property
    def made(self) -> int:
        """How often the template was made."""
        said = text(self.service, *_PREDICTOR, "annotations", MADE)
        return int(said) if said.isdecimal() else 0

    @property
    def newest(self) -> Manifest | None:
        """What Knative has made of the template as it is now; None: nothing yet."""
        wanted = (self.template, str(self.made))
        made = ((whose(one), annotation(one, MADE)) for one in self.revisions)
        return next((one for one, found in zip(self.revisions, made, strict=True) if found == wanted), None)

    @property
    def rolled_out(self) -> str:
        """Who gets what the percentage leaves: a revision of Knative's; "": none was ready yet."""
        return text(self.service, *_STATUS, "latestRolledoutRevision")

    @property
    def previous(self) -> str:
        """The one before that, which KServe goes back to by rules of its own."""
        return text(self.service, *_STATUS, "previousRolledoutRevision")

    @property
    def ready(self) -> str:
        """The newest revision of Knative's that was ready once: what the percentage is given to."""
        return text(self.knative, "status", "latestReadyRevisionName")

    @property
    def is_newest_ready(self) -> bool:
        """Whether the percentage means the template as it is now."""
        newest = self.newest
        created = text(self.knative, "status", "latestCreatedRevisionName")
        return newest is not None and name(newest) == self.ready == created

    @property
    def can_serve(self) -> frozenset[RevisionId]:
        """The revisions that can have weight: the template's, and the one that was rolled out.

        Where somebody else has given the template everything, KServe takes it for rolled out, and goes back
        to the one before as soon as it is to have less.
        """
        before = self.previous if self.rolled_out == self.ready else ""
        found = (self.template, self.owner(self.rolled_out), self.owner(before))
        return frozenset(one for one in found if one is not None)

    @property
    def live(self) -> frozenset[RevisionId]:
        """The revisions that are there."""
        found = (self.template, *map(whose, self.revisions))
        return frozenset(one for one in found if one is not None)

    @property
    def needed(self) -> frozenset[str]:
        """The revisions of Knative's that requests may go to, or are to go to."""
        newest = self.newest
        return frozenset({self.ready, self.rolled_out, name(newest) if newest else ""} - {""})

    @property
    def surplus(self) -> Sequence[Manifest]:
        """The others."""
        return [one for one in self.revisions if name(one) not in self.needed]

    def backing(self, revision: RevisionId | None) -> Sequence[Manifest]:
        """Knative's revisions of one of ours, newest first."""
        ours = [one for one in self.revisions if whose(one) == revision]
        return sorted(ours, key=_generation, reverse=True)

    def owner(self, knative: str) -> RevisionId | None:
        """Whose a revision of Knative's is; None: nobody's of ours."""
        return next((whose(one) for one in self.revisions if name(one) == knative), None)

    @property
    def shares(self) -> Mapping[RevisionId, int]:
        """Who gets how much now, in percent, as Knative says; nothing where it is changing that."""
        found: dict[RevisionId, int] = {}
        for target in entries(self.knative, "status", "traffic"):
            owner = self.owner(text(target, "revisionName"))
            share = number(target, "percent") or 0
            if owner is not None and share:
                found[owner] = found.get(owner, 0) + share
        return found

    @property
    def hosts(self) -> Mapping[RevisionId, str]:
        """By which URL each revision is asked, whatever its weight."""
        found: dict[RevisionId, str] = {}
        for target in entries(self.knative, "status", "traffic"):
            owner, url = self.owner(text(target, "revisionName")), text(target, "url")
            if owner is not None and url:
                found.setdefault(owner, url)
        return found

    @property
    def url(self) -> str:
        """The stable URL; "": it has none yet."""
        return text(self.knative, "status", "url")

    @property
    def is_routed(self) -> bool:
        """Whether Knative's ingress serves what the Knative Service says."""
        generation = number(self.knative, "metadata", "generation")
        settled = generation is not None and generation == number(
            self.knative, "status", "observedGeneration"
        )
        return settled and condition(self.knative or {}, "RoutesReady").get("status") == "True"

    @property
    def handed_on(self) -> int | None:
        """The percentage that KServe has handed on to Knative."""
        newest = (one for one in entries(self.knative, "spec", "traffic") if at(one, "latestRevision"))
        return next((number(one, "percent") for one in newest), None)

    @property
    def says_otherwise(self) -> str:
        """What Knative says against it; ""."""
        routes = condition(self.knative or {}, "RoutesReady")
        ready = condition(self.service or {}, "PredictorReady")
        found = next((one for one in (routes, ready) if one.get("status") in {"False", "Unknown"}), {})
        return ": ".join(filter(None, (text(found, "reason"), text(found, "message"))))


def whose(knative: Manifest) -> RevisionId | None:
    """Whose a revision of Knative's is."""
    found = label(knative, REVISION)
    return RevisionId(found) if found else None


def percentage(seen: Seen, route: Route) -> int:
    """The percentage by which a route is served, as far as it can be now.

    While the template is not ready the percentage means whoever was ready last. Where that is the one that
    was rolled out any percentage is the same to callers, and a low one keeps the template waiting.
    """
    share = route.share(seen.template) if seen.template else 0
    if seen.is_newest_ready:
        return share
    if seen.ready in {"", seen.rolled_out}:
        return min(seen.percent, share)
    return share if seen.owner(seen.ready) == seen.template else 0


def is_served(seen: Seen, route: Route) -> bool:
    """Whether exactly a route is served, and goes on being: KServe, Knative and its ingress have taken it up.

    The generation of an InferenceService in its status is that of its parts; so each step is compared itself.
    """
    if not seen.is_routed or dict(seen.shares) != dict(route.weights):
        return False
    if not seen.handed_on == seen.percent == percentage(seen, route):
        return False
    return seen.percent < WHOLE or not seen.is_newest_ready or seen.rolled_out == seen.ready


def _generation(knative: Manifest) -> int:
    found = label(knative, _GENERATION)
    return int(found) if found.isdecimal() else 0


def editors(service: Manifest, manager: str, *path: str) -> Sequence[str]:
    """Who else has set a field of an InferenceService, or anything below it."""
    keys = [f"f:{key}" for key in path]
    found: list[tuple[str, str]] = []
    for entry in entries(service, "metadata", "managedFields"):
        who = text(entry, "manager")
        if who != manager and not text(entry, "subresource") and at(entry, "fieldsV1", *keys) is not None:
            found.append((text(entry, "time"), who))
    return [who for _, who in sorted(found, reverse=True)]
