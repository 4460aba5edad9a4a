"""Amounts of resources, as nodes have them and pods ask for them. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.domain import quantity
from platformctl.domain.manifests import Manifest

_FURTHER = {"n": -9, "u": -6, "P": 15, "E": 18}
_BINARY = {"Pi": 50, "Ei": 60}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(n|u|P|E|Pi|Ei|)", re.ASCII)


def parse(text: Any) -> Decimal:  # any JSON
    """An amount as the API server writes it: more suffixes than a spec has. What is none counts as 0."""
    try:
        return quantity.parse(str(text))
    except ValueError:
        found = _NUMBER.fullmatch(str(text))
    if found is None:
        return Decimal(0)
    number, suffix = Decimal(found[1]), found[2]
    if suffix in _BINARY:
        return number * Decimal(2) ** _BINARY[suffix]
    return number * Decimal(10) ** _FURTHER.get(suffix, 0)


def amounts(found: Mapping[str, Any]) -> dict[str, Decimal]:
    """Amounts by resource."""
    return {resource: parse(amount) for resource, amount in found.items()}


def asked_by(pod: Manifest) -> dict[str, Decimal]:
    """What a pod asks for in all: its containers together, or an initial one alone if that asks for more.

    Initial containers that go on running (sidecars) count with the others.
    """
    initial = objects.entries(pod, "spec", "initContainers")
    lasting = [one for one in initial if one.get("restartPolicy") == "Always"]
    total: dict[str, Decimal] = {}
    for container in [*objects.entries(pod, "spec", "containers"), *lasting]:
        for resource, amount in _requests(container).items():
            total[resource] = total.get(resource, Decimal(0)) + amount
    for container in initial:
        for resource, amount in _requests(container).items():
            total[resource] = max(total.get(resource, Decimal(0)), amount)
    for resource, amount in amounts(objects.mapping(pod, "spec", "overhead")).items():
        total[resource] = total.get(resource, Decimal(0)) + amount
    return total


def _requests(container: Mapping[str, Any]) -> dict[str, Decimal]:
    """A limit without a request is a request too: the API server has filled that in where it matters."""
    limits = amounts(objects.mapping(container, "resources", "limits"))
    return {**limits, **amounts(objects.mapping(container, "resources", "requests"))}
