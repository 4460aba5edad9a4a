"""What a person types to have the past judged again."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ReplayOptions:
    """The options of a replay, as they were typed; None where nothing was."""

    source: str
    policy: str | None
    alpha: float | None
    margin: float | None
    limit: float | None
    threshold: str | None
    canary: str | None
    stable: str | None
    since: str | None
    until: str | None
    step: timedelta | None

    @property
    def tells_all(self) -> bool:
        """Whether nothing is left that a deployment would say: then it need not be there."""
        return bool(self.canary and self.stable and self.policy)
