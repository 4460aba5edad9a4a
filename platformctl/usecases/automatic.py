"""Drive a rollout that decides by itself: look, decide, act, and wait for the next look."""

from dataclasses import replace
from datetime import datetime, timedelta

from platformctl.domain.errors import Conflict, DeadlinePassed
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.progress import Waiting
from platformctl.domain.rollout import Phase, Rollout
from platformctl.judge.verdicts import verdicts
from platformctl.plan import health
from platformctl.rollout import Event, Failed, Resume, automatic
from platformctl.usecases.drive import drive
from platformctl.usecases.looking import look
from platformctl.usecases.world import World

LOOK_SECONDS = 5.0
"""Between looks. How often one looks changes no chance of being wrong."""

PATIENCE = timedelta(seconds=1)
"""A turn waits so long for a revision to get ready; then others may have their turn."""


class Driver:
    """Drives rollouts that decide by themselves, a turn at a time, each under the deployment's lease.

    Between turns anybody else may change a deployment: promote it, roll it back, pause it. State that is
    not recorded is only since when a revision has been seen to answer nobody.

    Args:
        world: The ports.
    """

    def __init__(self, world: World) -> None:
        self._world = replace(world, timeout=PATIENCE)
        self._answered: dict[RevisionId, datetime] = {}

    def turn(self, name: Name) -> Observed:
        """Do what is due, look once, and do what follows.

        Raises:
            Conflict: Somebody else is at work on it.
            Unreachable: The target does not answer.
        """
        with self._world.only_us(name):
            observed = self._world.target.observe(name)
            event = self._due(name, observed)
            if event is None:
                return observed
            try:
                return drive(self._world, name, event, observed).observed
            except DeadlinePassed:  # it goes on in the next turn
                return self._world.target.observe(name)

    def _due(self, name: Name, observed: Observed) -> Event | None:
        rollout = observed.rollout
        if rollout.auto is None or rollout.judged is None:
            return Resume() if rollout.phase in _MOVING else None
        failed = self._failed(observed)
        if failed is not None:
            return failed
        return Resume() if rollout.phase is Phase.PREPARING else look(self._world, name, rollout)

    def _failed(self, observed: Observed) -> Failed | None:
        """Rule 4: what has weight and answers nobody goes back without any figures."""
        judged, now = observed.rollout.judged, self._world.clock.now()
        if judged is None or not observed.route.share(judged.id):
            return None
        status = observed.revisions.get(judged.id)
        if status is not None and status.answers:
            self._answered[judged.id] = now
        unready_for = now - self._answered.setdefault(judged.id, now)
        reason = health.failure(status, serves=True, unready_for=unready_for)
        return Failed(judged.id, reason) if reason else None


def drive_to_the_end(world: World, name: Name) -> Observed:
    """Drive one until nothing is to be decided any more, or only a person can.

    Raises:
        Unreachable: The target does not answer.
    """
    driver, began = Driver(world), world.clock.now()
    while True:
        try:
            observed = driver.turn(name)
        except Conflict as error:  # somebody else has a turn
            world.say(error.message)
            observed = world.target.observe(name)
        if is_over(observed.rollout):
            return observed
        now = world.clock.now()
        if observed.rollout.judged is not None:
            waits = waiting(observed.rollout, now)
            elapsed = (now - began).total_seconds()
            world.reporter.event(Waiting(observed.rollout.judged.id, waits, elapsed, None))
        world.clock.sleep(LOOK_SECONDS)


def is_over(rollout: Rollout) -> bool:
    """Whether there is nothing to drive: it has ended, or a person paused it, or it waits for one."""
    if rollout.auto is None:
        return rollout.phase not in _MOVING
    return rollout.auto.pause is not None


def waiting(rollout: Rollout, now: datetime) -> str:
    """What a rollout that decides by itself waits for, in words; "" if there is none."""
    if rollout.auto is None:
        return ""
    return automatic.decide(rollout.auto, verdicts(rollout.auto), now).why


_MOVING = {Phase.PREPARING, Phase.SHIFTING}
