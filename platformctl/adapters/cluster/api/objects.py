"""What stands in an object of Kubernetes, read without trust: any part of it may be missing. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from platformctl.domain.manifests import Manifest

_NOTHING: Mapping[str, Any] = {}


def at(thing: Any, *path: str) -> Any:  # any JSON
    """What stands at a path of keys; None where nothing does."""
    for key in path:
        if not isinstance(thing, Mapping):
            return None
        thing = thing.get(key)
    return thing


def text(thing: Any, *path: str) -> str:  # any JSON
    """The text at a path; "" where there is none."""
    found = at(thing, *path)
    return found if isinstance(found, str) else ""


def number(thing: Any, *path: str) -> int | None:  # any JSON
    """The whole number at a path."""
    found = at(thing, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(thing: Any, *path: str) -> Mapping[str, Any]:  # any JSON
    """The mapping at a path; an empty one where there is none."""
    found = at(thing, *path)
    return found if isinstance(found, Mapping) else _NOTHING


def entries(thing: Any, *path: str) -> Sequence[Mapping[str, Any]]:  # any JSON
    """The mappings in the list at a path."""
    found = at(thing, *path)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def moment(thing: Any, *path: str) -> datetime | None:  # any JSON
    """The time at a path, as Kubernetes writes it, in UTC."""
    try:
        found = datetime.fromisoformat(text(thing, *path))
    except ValueError:
        return None
    return found if found.tzinfo else None


def name(thing: Manifest) -> str:
    """Its name."""
    return text(thing, "metadata", "name")


def uid(thing: Manifest) -> str:
    """What no other object ever has."""
    return text(thing, "metadata", "uid")


def owned(thing: Manifest, owner: Manifest) -> dict[str, Any]:
    """The same object, which goes when its owner goes."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name(owner),
        "uid": uid(owner),
    }
    return {**thing, "metadata": {**thing["metadata"], "ownerReferences": [reference]}}


def label(thing: Manifest, key: str) -> str:
    """A label of it; "" if it has none of that key."""
    return text(thing, "metadata", "labels", key)


def annotation(thing: Manifest, key: str) -> str:
    """An annotation of it; "" if it has none of that key."""
    return text(thing, "metadata", "annotations", key)


def created(thing: Manifest) -> datetime | None:
    """When it was made."""
    return moment(thing, "metadata", "creationTimestamp")


def is_leaving(thing: Manifest) -> bool:
    """Whether it is being deleted."""
    return bool(text(thing, "metadata", "deletionTimestamp"))


def condition(thing: Manifest, kind: str) -> Mapping[str, Any]:
    """The condition of that type; an empty mapping if it has none."""
    found = (entry for entry in entries(thing, "status", "conditions") if entry.get("type") == kind)
    return next(found, _NOTHING)


def seconds(since: datetime | None, now: datetime) -> float:
    """How long ago that was, in seconds; 0 where it is not known, or in the future of a clock that is off."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
