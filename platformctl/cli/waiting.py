"""Wait for the end of a rollout that decides by itself, and drive it meanwhile."""

from platformctl.cli.errors import Interrupted
from platformctl.cli.handover import hand_over
from platformctl.cli.interrupts import interruptible
from platformctl.cli.session import Session
from platformctl.domain.names import Name
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.rollouts import follow
from platformctl.usecases.world import World


def waited(session: Session, world: World, name: Name) -> Outcome:
    """Drive it to its end. Whoever presses Ctrl-C is told who goes on.

    Raises:
        Interrupted: A person pressed Ctrl-C; it goes on, if somebody is there for that.
        PlatformctlError: It has gone back, or is paused.
    """
    try:
        with interruptible(world, name):
            return follow(world, name)
    except Interrupted:
        hand_over(session, name)
        raise
