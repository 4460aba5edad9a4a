"""A source of figures as the contract suite has it, and a rollout that is decided by what it says."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.names import RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.ports import Counters
from platformctl.rollout import Looked, automatic
from platformctl.usecases.looking import look
from tests.fakes.values import CHURN, revision, wanted
from tests.usecases.scene import Scene

STABLE, CANARY, NOBODY = revision(1), revision(2), revision(3)


class Source(Protocol):
    """Figures of `STABLE` and `CANARY`, each served by whatever the source has to count."""

    @property
    def counters(self) -> Counters:
        """What is held to the contract."""
        ...

    def answer(self, who: RevisionId, *statuses: int) -> None:
        """Let a revision answer requests."""
        ...

    def settle(self) -> None:
        """Wait until what was answered is in the figures."""
        ...

    def restart(self) -> None:
        """Let whatever counts begin anew, from 0."""
        ...

    def hanging(self) -> AbstractContextManager[object]:
        """Meanwhile nobody answers who is asked for figures."""
        ...

    def down(self) -> AbstractContextManager[object]:
        """Meanwhile nobody is there."""
        ...

    def garbled(self) -> AbstractContextManager[object]:
        """Meanwhile what is said is not of the form that it should have."""
        ...

    def lying(self) -> AbstractContextManager[object]:
        """Meanwhile the canary has more errors than requests."""
        ...


@dataclass
class Watched:
    """A canary that is judged by a source's figures; only they move, nothing else does."""

    source: Source
    scene: Scene = field(default_factory=Scene)
    canary: Revision = CANARY
    auto: Automatic = field(
        default_factory=lambda: Automatic(policy=RolloutPolicy(), began=datetime(2026, 1, 1, tzinfo=UTC))
    )

    def begin(self) -> None:
        """Let its weight have changed just now, and wait until figures of the new one are told."""
        self.auto = automatic.on_weights(self.auto, self.scene.world.now)
        self.look()
        self.source.settle()
        self.look()

    def look(self) -> Looked:
        """Look as a driver does, and take in what was learned."""
        world = replace(self.scene.client(), counters=self.source.counters)
        candidate = Candidate(revision=self.canary, goal=10, share=10)
        rollout = Rollout(
            phase=Phase.CANARY, wanted=wanted(), stable=STABLE, candidate=candidate, auto=self.auto
        )
        looked = look(world, CHURN, rollout)
        assert looked is not None
        self.auto = automatic.looked(self.auto, looked.evidence, looked.requests, looked.trouble)
        self.auto = Automatic.model_validate_json(self.auto.model_dump_json())  # as it is recorded
        return looked

    def seen(self, kind: Kind = Kind.ERRORS) -> tuple[tuple[int, int], tuple[int, int]]:
        """Requests and events in all windows: of the canary, of stable."""
        known = self.auto.evidence.standings.get(kind, Standing())
        return (_of(known.compared.canary), _of(known.compared.stable))


def _of(tally: Any) -> tuple[int, int]:
    return (tally.requests, tally.events)


def several(well: int, failed: int = 0, refused: int = 0) -> Sequence[int]:
    """So many answers of each kind."""
    return [*([200] * well), *([500] * failed), *([400] * refused)]
