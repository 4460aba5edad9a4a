"""What a request changes."""

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Capabilities, Finding, Severity
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.route import WHOLE
from platformctl.rollout import Deploy, Event, Respec, Resume


def policy(wanted: ModelDeployment, rollout: Rollout, *, auto: bool | None) -> RolloutPolicy | None:
    """Say how a new version takes over by itself; None: a person decides, or nothing serves yet.

    Args:
        wanted: The spec.
        rollout: How it is.
        auto: What the command says; None: nothing, so that the spec does.
    """
    if auto is False or rollout.stable is None:
        return None
    return wanted.spec.rollout or (RolloutPolicy() if auto else None)


def first(policy: RolloutPolicy, share: int) -> int:
    """Say at which step, in percent, one begins that has `share` already: the next one that is not all."""
    steps = [step.weight for step in policy.steps if step.weight < WHOLE] or [WHOLE]
    return next((weight for weight in steps if weight >= share), steps[-1])


def goal(wanted: ModelDeployment, rollout: Rollout, canary: int | None) -> int:
    """Say which share, in percent, the wanted revision is to have.

    Raises:
        SpecError: A canary was asked for by the command, and nothing serves.
    """
    if rollout.stable is not None:
        return canary or wanted.spec.canary or WHOLE
    if canary is not None:
        raise SpecError(
            "a canary takes a share of what serves, and nothing serves yet",
            field="--canary",
            hint=f"platformctl deploy {wanted.name}, then platformctl deploy {wanted.name} --canary {canary}",
        )
    return WHOLE


def decide(
    rollout: Rollout,
    wanted: ModelDeployment,
    revision: Revision,
    share: int,
    auto: RolloutPolicy | None = None,
) -> Event | None:
    """Say what `deploy` does to a deployment; None: it is true already.

    Args:
        rollout: How it is.
        wanted: The spec.
        revision: What the spec means, pinned.
        share: The goal in percent, if a person decides.
        auto: How it takes over by itself; None: a person decides.
    """
    candidate = rollout.candidate
    respec = Respec(wanted) if rollout.wanted != wanted else None
    if rollout.stable and rollout.stable.id == revision.id:
        return respec
    if candidate is None or candidate.revision.id != revision.id:
        return Deploy(wanted, revision, first(auto, 0) if auto else share, auto=auto)
    is_aimed = rollout.auto is not None if auto else rollout.auto is None and candidate.goal == share
    if not is_aimed:
        return Deploy(wanted, revision, first(auto, candidate.share) if auto else share, auto=auto)
    if rollout.phase is Phase.CANARY:
        return respec
    return respec or Resume()


def unheeded(
    rollout: Rollout, wanted: ModelDeployment, revision: Revision, event: Event | None
) -> tuple[Finding, ...]:
    """Say that a rollout which is on keeps the policy that it began with, where the spec has another one."""
    auto, judged, asked = rollout.auto, rollout.judged, wanted.spec.rollout
    if auto is None or judged is None or judged.id != revision.id or isinstance(event, Deploy):
        return ()
    if asked is None or asked == auto.policy:
        return ()
    text = f"{revision.id} goes on by the policy that it began with; that of the spec is for the next rollout"
    hint = f"to begin anew by it: platformctl rollout abort {wanted.name}, then deploy it again with --retry"
    return (Finding(Severity.WARNING, text, field="spec.rollout", hint=hint),)


def remade(
    rollout: Rollout, wanted: ModelDeployment, event: Event | None, capabilities: Capabilities
) -> tuple[Finding, ...]:
    """Say that a target starts servers anew to scale them otherwise, where that is what is asked for."""
    is_same = rollout.wanted is None or rollout.wanted.spec.scaling == wanted.spec.scaling
    if capabilities.scales_in_place or is_same or rollout.stable is None or not isinstance(event, Respec):
        return ()
    text = (
        f"with another scale {rollout.stable.id} is started anew beside what serves, the same version, and "
        "takes over once it is ready"
    )
    return (Finding(Severity.INFO, text, field="spec.scaling"),)


def refuse_rejected(rollout: Rollout, revision: RevisionId) -> None:
    """Refuse a revision that was rolled back.

    Raises:
        Refused: It was; the message says when and why.
    """
    rejection = rollout.rejection(revision)
    if rejection is None:
        return
    raise Refused(
        f"{revision} was rejected at {rejection.at:%Y-%m-%d %H:%M:%S} UTC: {rejection.reason}",
        hint="name another version with --version N, or try it again with --retry",
    )
