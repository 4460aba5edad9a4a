"""A shift for which there are not GPUs enough: what serves gets fewer replicas as the other gets more. Pure.

Stable never goes below one replica while it has weight, so the last step may be made with one too few.
"""

from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Phase, Rollout, Staging
from platformctl.domain.route import WHOLE

_MOVING = {Phase.PREPARING, Phase.SHIFTING}


def scale(rollout: Rollout, revision: RevisionId, settled: Scale) -> Scale:
    """The scale of a revision while two share what there is; then nothing scales it by itself.

    Args:
        rollout: The state.
        revision: Which one.
        settled: What the spec says; it holds for all that have not to share.
    """
    staging, candidate, stable = rollout.staging, rollout.candidate, rollout.stable
    if staging is None or candidate is None or stable is None:
        return settled
    aim = candidate.goal if rollout.phase in _MOVING else candidate.share
    keeps, gets = halves(staging, candidate.share, aim)
    replicas = {stable.id: keeps, candidate.revision.id: gets}.get(revision)
    if replicas is None:
        return settled
    return settled.model_copy(update={"minimum": replicas, "maximum": replicas})


def halves(staging: Staging, share: int, aim: int) -> tuple[int, int]:
    """Replicas of stable and of the candidate, which has `share` percent and is to have `aim`."""
    wants = need(staging.replicas, aim)
    keeps = max(1, min(_rest(staging.replicas, share), staging.room - wants))
    return keeps, max(1, min(wants, staging.room - keeps))


def shares(staging: Staging, share: int, goal: int) -> tuple[int, ...]:
    """The shares in percent by which the candidate gets from `share` to `goal`, that one last.

    Each is the largest that the replicas give for which there is room, or for which one more of stable goes.
    """
    steps: list[int] = []
    while share < goal:
        share = _next(staging, share, goal)
        steps.append(share)
    return tuple(steps)


def missing(staging: Staging, share: int, goal: int) -> int:
    """How many replicas there are too few, at worst, on the way and at its end."""
    worst = 0
    for aim in shares(staging, share, goal):
        keeps, gets = halves(staging, share, aim)
        before = _rest(staging.replicas, share) - keeps
        worst = max(worst, before, need(staging.replicas, aim) - gets)
        if aim < WHOLE:
            worst = max(worst, _rest(staging.replicas, aim) - halves(staging, aim, aim)[0])
        share = aim
    return worst


def need(replicas: int, share: int) -> int:
    """Replicas for `share` percent of what `replicas` have."""
    return -(-replicas * share // WHOLE)


def _rest(replicas: int, share: int) -> int:
    """Replicas for what the candidate leaves, to the percent: a third less of three is two."""
    return need(replicas, WHOLE - 1 - share) if share else replicas


def _next(staging: Staging, share: int, goal: int) -> int:
    whole, has = staging.replicas, need(staging.replicas, share)
    spare = staging.room - _rest(whole, share)
    gets = min(max(has + 1, need(whole, share + 1), spare), staging.room - 1, whole)
    reached = WHOLE * gets // whole
    return min(goal, reached) if gets > has and reached > share else goal
