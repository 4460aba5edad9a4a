"""Drive a rollout that decides by itself: look, decide, act, and wait for the next look."""

from dataclasses import replace
from datetime import datetime, timedelta

from platformctl.domain.errors import Conflict, DeadlinePassed, Unreachable
from platformctl.domain.names import Name
from platformctl.domain.observed import Observed
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Phase, Rollout
from platformctl.plan import failing
from platformctl.plan.upkeep import is_unfinished
from platformctl.rollout import Event, Failed, Looked, Resume, automatic
from platformctl.rollout.automatic import Turn
from platformctl.usecases.drive import drive
from platformctl.usecases.looking import look
from platformctl.usecases.telling import Teller
from platformctl.usecases.waiting import is_over, waiting
from platformctl.usecases.world import World

LOOK_SECONDS = 5.0
"""Between looks. How often one looks changes no chance of being wrong."""

PATIENCE = timedelta(seconds=1)
"""A turn waits so long for a revision to get ready; then others may have their turn."""


class Driver:
    """Drives rollouts that decide by themselves, a turn at a time, each under the deployment's lease.

    Between turns anybody else may change a deployment: promote it, roll it back, pause it. State that is
    not recorded is only what has been seen of whether a revision answers.

    Args:
        world: The ports.
    """

    def __init__(self, world: World) -> None:
        self._world = replace(world, timeout=PATIENCE)
        self._watched: dict[Name, tuple[datetime, failing.Watched]] = {}

    def turn(self, name: Name) -> Observed:
        """Do what is due, look once, and do what follows.

        Raises:
            Conflict: Somebody else is at work on it.
            Unreachable: The target does not answer.
        """
        with self._world.only_us(name, timedelta()):
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
            is_left = rollout.phase is not Phase.DELETING and is_unfinished(observed)
            return Resume() if rollout.phase in _MOVING or is_left else None
        failed = self._failed(name, observed, rollout.auto.began)
        if failed is not None:
            return failed
        if rollout.phase is not Phase.PREPARING:
            return look(self._world, name, rollout)
        is_late = automatic.unready(rollout.auto, self._world.clock.now()).turn is not Turn.STAY
        return Looked(rollout.judged.id, None) if is_late else Resume()

    def _failed(self, name: Name, observed: Observed, began: datetime) -> Failed | None:
        """Rule 4: what has weight and answers nobody, or keeps crashing, goes back without any figures."""
        judged, now = observed.rollout.judged, self._world.clock.now()
        if judged is None or not observed.route.share(judged.id):
            return None
        status = observed.revisions.get(judged.id)
        of, before = self._watched.get(name, (None, None))
        watched = failing.seen(before if of == began else None, status, now)
        self._watched[name] = began, watched
        reason = failing.failure(watched, serves=True)
        return Failed(judged.id, reason) if reason else None


def drive_to_the_end(world: World, name: Name) -> Observed:
    """Drive one until nothing is to be decided any more, or only a person can; tell how it goes.

    Raises:
        Unreachable: The target has not answered for a minute.
    """
    teller = Teller(world.reporter, world.clock)
    world = replace(world, reporter=teller)
    driver, reached = Driver(world), world.clock.now()
    begun = world.target.observe(name).rollout
    judged = begun.judged or begun.stable  # of one that goes back already it is what serves
    while True:
        now = world.clock.now()
        try:
            observed = _turn(driver, world, name)
        except Unreachable as error:
            if now - reached >= _UNREACHED:
                raise
            world.warn(f"it is tried again: {error.message}", error.hint or "")
        else:
            if is_over(observed.rollout) or _is_another(observed.rollout, judged):
                return observed
            _tell(teller, observed.rollout, now)
            reached = now
        world.clock.sleep(LOOK_SECONDS)


def _turn(driver: Driver, world: World, name: Name) -> Observed:
    try:
        return driver.turn(name)
    except Conflict:  # somebody else has a turn
        return world.target.observe(name)


def _is_another(rollout: Rollout, judged: Revision | None) -> bool:
    return rollout.judged is not None and (judged is None or rollout.judged.id != judged.id)


def _tell(teller: Teller, rollout: Rollout, now: datetime) -> None:
    if rollout.auto is not None and rollout.judged is not None:
        teller.judged(rollout.auto)
        teller.waits(rollout.judged.id, waiting(rollout, now))


_UNREACHED = timedelta(minutes=1)
"""How long a target may not answer: meanwhile nothing moves."""

_MOVING = {Phase.PREPARING, Phase.SHIFTING}
