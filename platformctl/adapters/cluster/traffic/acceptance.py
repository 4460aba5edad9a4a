"""What a Gateway says of a route, read off the route's status. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platformctl.adapters.cluster.api.objects import condition, entries, mapping, number, text
from platformctl.domain.cluster import Gateway
from platformctl.domain.manifests import Manifest


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a Gateway says of a route.

    Args:
        accepted: None: it has not said anything yet of the route as it is now.
        why: What is wrong with it, or that nothing has been said, in words; "" if all is well.
    """

    accepted: bool | None
    why: str = ""


def acceptance(route: Manifest, gateway: Gateway) -> Acceptance:
    """Read off an HTTPRoute what a Gateway says of its present generation.

    A backend that cannot be resolved is told of and is no refusal: the other rules are served, and a revision
    that is being prepared has no Service at first.
    """
    parents = [one for one in entries(route, "status", "parents") if _is_of(one, route, gateway)]
    if not parents:
        return Acceptance(None, f"no controller has looked at it for the Gateway {gateway}")
    generation = number(route, "metadata", "generation") or 0
    current = [one for one in parents if _observed(one) >= generation]
    if not current:
        return Acceptance(None, f"the Gateway {gateway} has not looked at it since it was changed")
    accepted = [_said(one, "Accepted") for one in current]
    if all(text(one, "status") != "True" for one in accepted):
        refused = f"the Gateway {gateway} does not accept it{because(accepted[0])}"
        return Acceptance(accepted=False, why=refused)
    unresolved = [
        one for parent in current if text(one := _said(parent, "ResolvedRefs"), "status") == "False"
    ]
    absent = f"not all its backends are there{because(unresolved[0])}" if unresolved else ""
    return Acceptance(accepted=True, why=absent)


def because(condition: Mapping[str, Any]) -> str:
    """What a condition says, for the end of a sentence."""
    said = [part for part in (text(condition, "reason"), text(condition, "message")) if part]
    return f" ({': '.join(said)})" if said else ""


def _is_of(parent: Mapping[str, Any], route: Manifest, gateway: Gateway) -> bool:
    reference = mapping(parent, "parentRef")
    namespace = text(reference, "namespace") or text(route, "metadata", "namespace")
    return (namespace, text(reference, "name")) == (gateway.namespace, gateway.name)


def _said(parent: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    return condition({"status": parent}, kind)


def _observed(parent: Mapping[str, Any]) -> int:
    return number(_said(parent, "Accepted"), "observedGeneration") or 0
