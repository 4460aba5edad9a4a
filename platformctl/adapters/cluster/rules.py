"""The rules of an HTTPRoute of ours: who has which weight, who is asked by name, what is served. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from platformctl.adapters.cluster.objects import entries, text
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import RevisionId
from platformctl.render import served

REVISION_HEADER = "x-platformctl-revision"

_SUFFIXES = ("-predictor", "-transformer")

Rule = Mapping[str, Any]


def weights(route: Manifest) -> dict[RevisionId, int]:
    """The weights in the spec, in percent as far as they sum to 100."""
    found: dict[RevisionId, int] = {}
    for rule in entries(route, "spec", "rules"):
        if pinned(rule) is None:
            for backend in entries(rule, "backendRefs"):
                weight = int(backend.get("weight", 1))
                if weight:
                    found[_revision(text(backend, "name"))] = weight
    return found


def pinned(rule: Rule) -> RevisionId | None:
    """The revision that a rule is for, where requests name it by a header."""
    for match in entries(rule, "matches"):
        for header in entries(match, "headers"):
            if text(header, "name").lower() == REVISION_HEADER:
                return RevisionId(text(header, "value"))
    return None


def by_name(route: Manifest) -> Mapping[RevisionId, Sequence[Rule]]:
    """The rules for requests that name a revision."""
    found: dict[RevisionId, list[Rule]] = {}
    for rule in entries(route, "spec", "rules"):
        revision = pinned(rule)
        if revision is not None:
            found.setdefault(revision, []).append(rule)
    return found


def composed(rendered: Manifest, current: Manifest | None, live: Collection[RevisionId]) -> dict[str, Any]:
    """A route as rendered, in which every live revision can be asked by name.

    Rendering knows the revisions of the rollout. One that is live beside these (it was prepared, and is not
    recorded yet or no more) keeps the rule that it had; one that is not live has none.
    """
    kept = by_name(current) if current is not None else {}
    named = {**kept, **by_name(rendered)}
    first = [rule for revision in sorted(named) if revision in live for rule in named[revision]]
    others = [
        rule for rule in entries(rendered, "spec", "rules") if pinned(rule) is None and not _is_mark(rule)
    ]
    return with_rules(rendered, [*first, *others])


def with_rules(route: Manifest, rules: Sequence[Rule]) -> dict[str, Any]:
    """A route with these rules, and the one that says which are served."""
    return {**route, "spec": {**route["spec"], "rules": [*rules, served.rule(rules)]}}


def without_mark(route: Manifest) -> list[Rule]:
    """All rules but the one that says which are served."""
    return [rule for rule in entries(route, "spec", "rules") if not _is_mark(rule)]


def has_backends(route: Manifest | None) -> bool:
    """Whether a request can get anywhere by it."""
    return route is not None and any(rule.get("backendRefs") for rule in entries(route, "spec", "rules"))


def _is_mark(rule: Rule) -> bool:
    return any(text(match, "path", "value") == served.PATH for match in entries(rule, "matches"))


def _revision(backend: str) -> RevisionId:
    for suffix in _SUFFIXES:
        if backend.endswith(suffix):
            return RevisionId(backend.removesuffix(suffix))
    return RevisionId(backend)
