"""What we may not do here, and how to be allowed."""

from collections.abc import Sequence

from platformctl.adapters.cluster.checking import rights
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.rights import Lacking, Right
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.observed import Severity


def checks(lacking: Sequence[Lacking], asked: Sequence[Right], shape: Shape, mode: Mode) -> list[Check]:
    """All of it.

    Args:
        lacking: What is not given.
        asked: Of these.
        shape: The cluster.
        mode: In which new deployments are; what only the other one needs stops nobody.
    """
    verbs = sum(len(right.verbs) for right in asked)
    refused = sum(len(one.verbs) for one in lacking)
    made = [lack(one, shape, mode) for one in lacking]
    return (
        made
        if any(check.severity is Severity.ERROR for check in made)
        else [Check("rights", f"{verbs - refused} of the {verbs} that platformctl can use are given"), *made]
    )


def lack(lacking: Lacking, shape: Shape, mode: Mode) -> Check:
    """One right that is not given."""
    right, verbs = lacking.right, ",".join(lacking.verbs)
    place = rights.namespace_of(right, shape)
    return Check(
        "rights",
        f"may not {verbs} {right.full_resource} {_where(place)}: {right.why}",
        Severity.ERROR if right.needed and right.mode in {None, mode} else Severity.WARNING,
        _grant(right.full_resource, verbs, place),
    )


def _where(place: str) -> str:
    return f"in namespace {place}" if place else "on the whole cluster"


def _grant(resource: str, verbs: str, place: str) -> str:
    kind, there = ("role", f" -n {place}") if place else ("clusterrole", "")
    name = f"platformctl-{resource.partition('.')[0].replace('/', '-')}"
    role = f"kubectl create {kind} {name} --verb={verbs} --resource={resource}{there}"
    binding = f"kubectl create {kind}binding {name} --{kind}={name} --user=YOU{there}"
    return f"{role} && {binding}"
