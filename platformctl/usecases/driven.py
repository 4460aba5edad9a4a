"""How driving a deployment ends."""

from dataclasses import dataclass

from platformctl.domain.errors import PlatformctlError
from platformctl.domain.observed import Observed
from platformctl.rollout import Failed


@dataclass(frozen=True)
class Driven:
    """How it ended.

    Args:
        observed: The deployment afterwards.
        failed: Why the candidate failed, if it did.
        unprepared: The error, if it failed because it could not even be prepared.
        alias_error: Why an alias could not be moved; the move is recorded and will be tried again.
    """

    observed: Observed
    failed: Failed | None = None
    unprepared: PlatformctlError | None = None
    alias_error: PlatformctlError | None = None
