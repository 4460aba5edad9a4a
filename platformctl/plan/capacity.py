"""How many replicas a revision is to have, as far as the spec and what serves say."""

from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.revision import Scale
from platformctl.domain.route import WHOLE
from platformctl.domain.scaling import DEFAULT_CPU, Scaling


def for_share(scaling: Scaling, revision: RevisionId, stable_replicas: int, share: int) -> Scale:
    """Say which scale a revision needs before it gets `share` percent: what stable has for that share.

    Args:
        scaling: The spec's.
        revision: Which one.
        stable_replicas: The replicas that stable has now; 0 if nothing serves.
        share: Percent.
    """
    scale = settled(scaling, revision)
    needed = -(-stable_replicas * share // WHOLE)
    minimum = max(scale.minimum, needed)
    return scale.model_copy(update={"minimum": minimum, "maximum": max(scale.maximum, minimum)})


def settled(scaling: Scaling, revision: RevisionId) -> Scale:
    """The scale that the spec says for that revision."""
    by_default = not scaling.targets and scaling.most > scaling.min
    return Scale(
        minimum=scaling.min,
        maximum=scaling.most,
        cpu=DEFAULT_CPU if by_default else scaling.cpu,
        memory=scaling.memory,
        prometheus=scaling.prometheus.of(revision) if scaling.prometheus else None,
        concurrency=scaling.concurrency,
        rps=scaling.rps,
        by_default=by_default,
    )


def stable_replicas(observed: Observed) -> int:
    """The replicas that stable has now; 0 if nothing serves."""
    stable = observed.rollout.stable
    status = observed.revisions.get(stable.id) if stable else None
    return status.replicas if status else 0
