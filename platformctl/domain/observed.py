"""What a target says: which revisions are there, how they are, and what it can do at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route

Token = NewType("Token", str)
"""What a commit must show to prove that it read the state that it replaces. Opaque."""

ABSENT = Token("")
"""The token of a deployment that is not there."""


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """Something a check found, before anything was changed.

    Args:
        field: The path of the field it is about, or "".
        hint: What to do about it, or "".
    """

    severity: Severity
    message: str
    field: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Faster:
    """A runtime that would be faster, and what that needs, in words."""

    runtime: str
    needs: str


@dataclass(frozen=True)
class Serving:
    """What a revision's model server says of itself.

    Args:
        runtime: What runs the model.
        why: Why that was picked, in words.
        faster: What would be faster.
        transformer: What prepares the features in the same process; None: nothing.
        batch_rows: Rows in a call of several requests, at most.
        by_row: Whether requests share calls.
        gpu: GPUs that it uses.
        libraries: The versions of what it runs on, by name.
    """

    runtime: str
    why: str = ""
    faster: tuple[Faster, ...] = ()
    transformer: str | None = None
    batch_rows: int | None = None
    by_row: bool | None = None
    gpu: int = 0
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Gauge:
    """What an autoscaler looks at.

    Args:
        name: `cpu`, `memory`, or a query.
        target: What it holds that at, with its unit: `80 %`.
        now: What it is, with its unit; "" while that is not known.
    """

    name: str
    target: str
    now: str = ""


@dataclass(frozen=True)
class RevisionStatus:
    """How one revision is, as its target sees it now.

    Args:
        replicas: Replicas that should be there.
        ready: Replicas that answer.
        since: When it last changed between ready and not ready, if that is known.
        restarts: How often a replica of it has died and come back.
        failure: Why it will not get ready by itself (a corrupt model, a wrong setting), in words;
            None while there is hope.
        detail: What it is doing now, in words; "" if there is nothing to say.
        serving: What a replica that is ready says of itself; None if none is, or it does not say.
        created: When it was made, if that is known.
        scale: What it is told to keep to, where something scales it by itself; None: the target does not say.
        bounds: Replicas at least and at most, as whatever scales it has them now.
        gauges: By what that scales it.
        lacks: What its servers do not have, in words: a person's own image need not have metrics.
        address: Where it can be asked past the route, if anywhere: such requests bypass the weights.
        backing: The objects that stand for it where they are not called like it, newest first: Knative's
            revisions.
        asleep: Whether nothing of it runs as nobody asks it; a request wakes it.
    """

    replicas: int
    ready: int
    since: datetime | None = None
    restarts: int = 0
    failure: str | None = None
    detail: str = ""
    serving: Serving | None = None
    created: datetime | None = None
    scale: Scale | None = None
    bounds: tuple[int, int] | None = None
    gauges: tuple[Gauge, ...] = ()
    lacks: tuple[str, ...] = ()
    address: str | None = None
    backing: tuple[str, ...] = ()
    asleep: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether every replica that should be there answers."""
        return self.failure is None and self.replicas > 0 and self.ready >= self.replicas

    @property
    def answers(self) -> bool:
        """Whether at least one replica answers, while others may still be starting."""
        return self.failure is None and self.ready > 0


@dataclass(frozen=True)
class Observed:
    """One deployment, as its target sees it now.

    Args:
        revisions: The live revisions, routed or not.
        route: The committed route.
        rollout: The committed rollout.
        token: What the next commit must show.
        url: The stable address, if the target has one.
        host: The host that requests have to name, where the address does not say it.
        inside: The same from within the cluster, if that is another one.
        accepted: Whether the router serves the committed route; None: it always does.
        served: The weights that are served now, where the target can tell; None: those that are committed.
        findings: What is wrong with the deployment itself, such as an object that was edited by hand.
    """

    revisions: Mapping[RevisionId, RevisionStatus] = field(default_factory=dict)
    route: Route = field(default_factory=Route)
    rollout: Rollout = field(default_factory=Rollout)
    token: Token = ABSENT
    url: str | None = None
    host: str | None = None
    inside: str | None = None
    accepted: bool | None = None
    served: Route | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Summary:
    """One deployment in a list.

    Args:
        problem: Why its route and rollout are not those that are recorded, in words.
    """

    name: Name
    route: Route
    rollout: Rollout
    problem: str = ""


@dataclass(frozen=True)
class Scope:
    """Which deployments: those whose name starts with `prefix`."""

    prefix: str = ""


@dataclass(frozen=True)
class Capabilities:
    """What a target can do.

    Args:
        target: Its name, as printed before a change.
        images: Whether it can run a person's container images.
        code: Whether it can run a person's class from a folder.
        live_revisions: How many revisions of a deployment may be live; None: any number.
        scales_in_place: Whether another scale leaves the servers that run; else they are started anew.
        poll: Seconds between two looks at what gets ready.
    """

    target: str
    images: bool
    code: bool
    live_revisions: int | None = None
    scales_in_place: bool = True
    poll: float = 0.2
