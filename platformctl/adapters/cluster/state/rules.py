"""What the rules of an HTTPRoute of ours say: who has which weight, and where requests get at all. Pure."""

from platformctl.adapters.cluster.api.objects import at, entries, number, text
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import RevisionId
from platformctl.render.routes import REVISION_HEADER

_SUFFIXES = ("-predictor", "-transformer")


def weights(route: Manifest) -> dict[RevisionId, int]:
    """The weights in the spec; in percent, as far as they sum to 100."""
    found: dict[RevisionId, int] = {}
    for rule in entries(route, "spec", "rules"):
        if not _is_pinned(rule):
            for backend in entries(rule, "backendRefs"):
                weight = number(backend, "weight")
                if weight != 0:
                    found[_revision(text(backend, "name"))] = 1 if weight is None else weight
    return found


def pinned(route: Manifest) -> set[RevisionId]:
    """The revisions that can be asked by name."""
    headers = (
        header
        for rule in entries(route, "spec", "rules")
        for match in entries(rule, "matches")
        for header in entries(match, "headers")
    )
    return {RevisionId(text(header, "value")) for header in headers if _names_a_revision(header)}


def has_backends(route: Manifest | None) -> bool:
    """Whether a request can get anywhere by it."""
    return any(at(rule, "backendRefs") for rule in entries(route, "spec", "rules"))


def _is_pinned(rule: Manifest) -> bool:
    return any(
        _names_a_revision(header)
        for match in entries(rule, "matches")
        for header in entries(match, "headers")
    )


def _names_a_revision(header: Manifest) -> bool:
    return text(header, "name").lower() == REVISION_HEADER


def _revision(backend: str) -> RevisionId:
    for suffix in _SUFFIXES:
        if backend.endswith(suffix):
            return RevisionId(backend.removesuffix(suffix))
    return RevisionId(backend)
