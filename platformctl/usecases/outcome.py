"""How a use case that changes something ends."""

from dataclasses import dataclass

from platformctl.domain.errors import Conflict, NotFound, NotReady, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.rollout import Record, Rollout
from platformctl.usecases.driven import Driven
from platformctl.usecases.world import World

_LOG_LINES = 20


@dataclass(frozen=True)
class Outcome:
    """What was done.

    Args:
        changed: Whether anything was.
        text: One sentence that says it.
        observed: The deployment afterwards.
    """

    name: Name
    changed: bool
    text: str
    observed: Observed


def concluded(world: World, name: Name, driven: Driven, text: str) -> Outcome:
    """Turn the end of a drive into an outcome, or into the error that says why it is none.

    Raises:
        NotReady: The candidate failed; its last log lines are in the error.
        PlatformctlError: It could not even be prepared; the deployment is as it was.
        PlatformctlError: All was done but for an alias, which is recorded and will be tried again.
    """
    if driven.unprepared is not None:
        raise driven.unprepared
    if driven.failed is not None:
        raise not_ready(world, driven.observed, driven.failed.revision, driven.failed.reason)
    if driven.alias_error is not None:
        error = driven.alias_error
        error.message = f"{text}, but the alias could not be moved: {error.message}"
        error.hint = f"the next command on {name} tries it again; {error.hint or 'see platformctl doctor'}"
        raise error
    return Outcome(name, changed=True, text=text, observed=driven.observed)


def not_ready(world: World, observed: Observed, revision: RevisionId, reason: str) -> NotReady:
    """The error for a revision that failed."""
    stable = observed.rollout.stable
    now = f"{stable.id} serves as before" if stable else "nothing serves, as before"
    return NotReady(
        f"{revision} failed: {reason}\n{now}",
        log=_log(world, revision),
        hint=f"platformctl logs {revision} shows more",
    )


def overtaken(name: Name, rollout: Rollout, last: Record | None = None) -> Conflict:
    """The error for who comes too late: it says what happened meanwhile; `last`, else the last thing."""
    last = last or next(reversed(rollout.history), None)
    what = last.told if last is not None else "it was deleted"
    return Conflict(
        f"{name} was changed by somebody else meanwhile: {what}",
        owner="another client",
        hint=f"platformctl status {name}",
    )


def _log(world: World, revision: RevisionId) -> list[str]:
    try:
        return list(world.target.logs(revision, _LOG_LINES))
    except (NotFound, Unreachable):
        return []
