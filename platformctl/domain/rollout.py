"""Rollout: the state of moving from one revision to another.

How it changes is the subject of the package `platformctl.rollout`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from platformctl.domain.automatic import Automatic
from platformctl.domain.base import Frozen
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Revision
from platformctl.domain.route import WHOLE, Route

SCHEMA_VERSION: Literal[1] = 1
HISTORY_LIMIT = 100
BY_HAND = "rolled back"
"""What is held against a revision that a person goes back from."""

PREVIOUS_LIMIT = 10


class Phase(StrEnum):
    """Where a deployment is."""

    EMPTY = "empty"
    """Nothing serves and nothing is on its way."""
    PREPARING = "preparing"
    """A candidate gets ready; it has no weight."""
    STEADY = "steady"
    """One revision has all the weight."""
    CANARY = "canary"
    """A candidate has its share, and waits for a decision."""
    SHIFTING = "shifting"
    """A canary's share is to grow; it gets the capacity for that first."""
    DELETING = "deleting"
    """Everything is being removed."""


class Cause(StrEnum):
    """Why a candidate is a candidate."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class Candidate(Frozen):
    """The revision that is on its way to `goal` percent and has `share` percent now.

    Args:
        replaces: The spec that holds again if it is dropped.
        because: Of a rollback, what is held against the revision that it goes back from.
        resumes: Of a rollback that nobody asked for, what is taken up again if it cannot be made ready, so
            that it is tried again; None: nothing.
    """

    revision: Revision
    goal: int = Field(ge=1, le=WHOLE)
    share: int = Field(default=0, ge=0, lt=WHOLE)
    cause: Cause = Cause.DEPLOY
    replaces: ModelDeployment | None = None
    because: str = BY_HAND
    resumes: Automatic | None = None


class Rejection(Frozen):
    """A revision that was rolled back: not tried again until the spec changes or a person says so.

    Args:
        wanted: The spec that was recorded then, by which it is to be tried again; None: it is not the last.
    """

    revision: RevisionId
    reason: str
    at: datetime
    wanted: ModelDeployment | None = None


class AliasMove(Frozen):
    """An alias of the registry that is still to be moved, because a promotion says so."""

    model: str
    alias: str
    version: str


class Record(Frozen):
    """One line of a deployment's history."""

    at: datetime
    event: str
    revision: RevisionId | None = None
    detail: str = ""

    @property
    def told(self) -> str:
        """In a line: `failed churn-v2-3f9a1c: errors fail: …`."""
        about = f" {self.revision}" if self.revision else ""
        return f"{self.event}{about}" + (f": {self.detail}" if self.detail else "")


class Staging(Frozen):
    """Two revisions share GPUs that are not enough for both.

    Args:
        replicas: What the revision that served had when that began.
        room: How many replicas of both together there are GPUs for.
    """

    replicas: int = Field(ge=1)
    room: int = Field(ge=2)


class Rollout(Frozen):
    """What is recorded about a deployment, beside its route.

    Args:
        wanted: The spec as it was last asked for.
        since: When the phase began.
        stable: The revision that a rollback of the candidate goes back to.
        candidate: The revision that is on its way, if there is one.
        previous: Revisions that were stable before, newest first; the first `keep` are warm.
        alias_move: What a promotion that is done still has to write to the registry.
        alias_on_promotion: What the promotion that is under way will have to write.
        staging: How revisions share the GPUs; None: each has its own. While it is there, none is kept warm.
        auto: How it goes on by itself; None: a person decides.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    phase: Phase = Phase.EMPTY
    since: datetime | None = None
    wanted: ModelDeployment | None = None
    stable: Revision | None = None
    candidate: Candidate | None = None
    previous: tuple[Revision, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    alias_move: AliasMove | None = None
    alias_on_promotion: AliasMove | None = None
    staging: Staging | None = None
    auto: Automatic | None = None
    history: tuple[Record, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        under_way = self.phase in {Phase.PREPARING, Phase.CANARY, Phase.SHIFTING}
        if under_way != (self.candidate is not None) and self.phase is not Phase.DELETING:
            raise ValueError(f"phase {self.phase} does not agree with its candidate")
        if self.stable is None and self.phase in {Phase.STEADY, Phase.CANARY, Phase.SHIFTING}:
            raise ValueError(f"phase {self.phase} without a stable revision")
        if self.auto is not None and self.judged is None:
            raise ValueError(f"phase {self.phase} of a rollout that decides by itself, and nothing to judge")
        return self

    @property
    def route(self) -> Route:
        """The only route that agrees with this state."""
        if self.phase is Phase.DELETING or self.stable is None:
            return Route()
        share = self.candidate.share if self.candidate else 0
        weights = {self.stable.id: WHOLE - share}
        if self.candidate and share:
            weights[self.candidate.revision.id] = share
        return Route(weights=weights)

    @property
    def judged(self) -> Revision | None:
        """The revision that a rollout decides about by itself, if one does."""
        if self.auto is None or self.stable is None:
            return None
        if self.auto.bakes:
            return self.stable if self.phase is Phase.STEADY and self.previous else None
        is_new = self.candidate is not None and self.candidate.cause is Cause.DEPLOY
        return self.candidate.revision if self.candidate and is_new else None

    @property
    def is_held(self) -> bool:
        """Whether nothing may move: it is paused, or its figures are missing."""
        return self.auto is not None and (self.auto.pause is not None or self.auto.trouble is not None)

    @property
    def retained(self) -> tuple[Revision, ...]:
        """The revisions that should be live, in the order stable, candidate, previous."""
        if self.phase is Phase.DELETING:
            return ()
        keep = self.wanted.spec.keep if self.wanted else 1
        keep = max(keep, 1) if self.auto and self.auto.bakes else keep
        keep = 0 if self.staging else keep
        named = [self.stable, self.candidate.revision if self.candidate else None]
        present = [r for r in (*named, *self.previous[:keep]) if r is not None]
        return tuple({r.id: r for r in present}.values())

    def known(self, revision: RevisionId) -> Revision | None:
        """The recorded revision of that name, live or not."""
        everything = (*self.retained, *self.previous)
        return next((r for r in everything if r.id == revision), None)

    def rejection(self, revision: RevisionId) -> Rejection | None:
        """Why and when that revision was rolled back, if it was."""
        return next((r for r in self.rejected if r.revision == revision), None)
