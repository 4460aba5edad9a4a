"""Which version of a model is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain.deployment import ModelSource
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest, VersionRef


@dataclass(frozen=True)
class Lookup:
    """One way to find a version, and the rule that leads to it.

    Args:
        ref: What to ask the registry for.
        rule: Why, in words.
        optional: Whether the next lookup is tried if there is no such thing.
        by_command: Whether the command line says so, and not the spec.
    """

    ref: VersionRef
    rule: str
    optional: bool = False
    by_command: bool = False


def lookups(
    source: ModelSource, override: VersionRef | None, *, first: bool, canary: bool
) -> Sequence[Lookup]:
    """Say which version is meant, as lookups to try in order; none: the version that serves stays.

    Args:
        source: The spec's `model`.
        override: What the command line says.
        first: Whether nothing serves yet.
        canary: Whether a canary was asked for on the command line.
    """
    if override is not None:
        return [Lookup(override, "as the command says", by_command=True)]
    pinned = _pinned(source)
    if pinned is not None:
        return [pinned]
    if canary or first:
        alias = "challenger" if canary else "champion"
        return [Lookup(Alias(alias), f"alias {alias}", optional=True), _NEWEST]
    return []


def _pinned(source: ModelSource) -> Lookup | None:
    """The version that the spec itself names."""
    if source.path is not None:
        return Lookup(Folder(source.path), "spec.model.path")
    if source.version is not None:
        return Lookup(Exact(source.version), "spec.model.version")
    if source.alias is not None:
        return Lookup(Alias(source.alias), f"spec.model.alias, {source.alias}")
    return None


_NEWEST = Lookup(Newest(), "the newest READY version")
