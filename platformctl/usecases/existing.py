"""A deployment that has to be there."""

from platformctl.domain.errors import NotFound
from platformctl.domain.names import Name
from platformctl.domain.nearest import nearest
from platformctl.domain.observed import Observed, Scope
from platformctl.domain.rollout import Phase
from platformctl.usecases.world import World


def existing(world: World, name: Name) -> Observed:
    """Observe a deployment that has to be there.

    Raises:
        NotFound: It is not; the message lists those that are.
    """
    observed = world.target.observe(name)
    if observed.rollout.phase is not Phase.EMPTY or observed.rollout.history:
        return observed
    raise _unknown(world, name)


def _unknown(world: World, name: Name) -> NotFound:
    known = [summary.name for summary in world.target.list(Scope())]
    near = nearest(name, known)
    listed = f"deployments: {', '.join(known) or 'none'}"
    hint = f"did you mean {near}? {listed}" if near else listed
    return NotFound(f"there is no deployment {name!r}", hint=hint)
