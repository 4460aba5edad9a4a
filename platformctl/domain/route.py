"""Route: who gets which share of a deployment's requests."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from platformctl.domain.base import Frozen
from platformctl.domain.names import RevisionId

WHOLE = 100
"""The sum of the weights of a route that serves, in percent."""


class Route(Frozen):
    """Weights over revisions, in percent. They sum to 100; a deployment that serves nothing has none."""

    weights: Mapping[RevisionId, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if any(weight <= 0 for weight in self.weights.values()):
            raise ValueError("a revision with no share has no place in a route")
        if self.weights and sum(self.weights.values()) != WHOLE:
            raise ValueError(f"weights sum to {sum(self.weights.values())}, not {WHOLE}")
        return self

    def share(self, revision: RevisionId) -> int:
        """The revision's share in percent; 0 if it has none."""
        return self.weights.get(revision, 0)
