"""Drive a deployment: commit what an event makes of the state, then do what is due, until nothing is."""

from dataclasses import dataclass, replace

from platformctl.domain.errors import Conflict, PlatformctlError, Refused, SpecError, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import AliasMove, Phase, Rollout
from platformctl.domain.scaling import Scaling
from platformctl.plan import capacity, upkeep
from platformctl.rollout import (
    Action,
    AliasMoved,
    Await,
    Event,
    Failed,
    Forget,
    MoveAlias,
    Prepare,
    Resume,
    Settle,
    Sweep,
    step,
)
from platformctl.usecases.driven import Driven
from platformctl.usecases.looking import look
from platformctl.usecases.readiness import await_ready
from platformctl.usecases.world import World


@dataclass
class _Drive:
    world: World
    name: Name
    observed: Observed
    failed: Failed | None = None
    unprepared: PlatformctlError | None = None
    alias_error: PlatformctlError | None = None

    def run(self, event: Event) -> None:
        """Take the event and all that follow from it."""
        following: Event | None = event
        while following is not None:
            following = self._take(following)

    def look(self) -> None:
        """Read the figures with which those that come by the new weights are compared."""
        looked = look(self.world, self.name, self.observed.rollout, asks=False)
        if looked is not None:
            self.run(looked)

    def _take(self, event: Event) -> Event | None:
        if isinstance(event, Failed):
            self.failed = event
        taken = step(self.observed.rollout, event, self.world.clock.now())
        self._commit(taken.rollout)
        for action in taken.actions:
            following = self._perform(action)
            if following is not None:
                return following
        return None

    def _commit(self, rollout: Rollout) -> None:
        if rollout == self.observed.rollout:
            return
        before, after = self.observed.route, rollout.route
        token = self.world.target.commit(self.name, after, rollout, self.observed.token)
        self.observed = replace(self.observed, route=after, rollout=rollout, token=token)
        if after != before:
            shares = ", ".join(f"{revision} {weight} %" for revision, weight in after.weights.items())
            self.world.say(f"traffic: {shares or 'none'}")

    def _perform(self, action: Action) -> Event | None:
        match action:
            case Prepare(revision, goal):
                return self._prepare(revision, goal)
            case Await():
                return await_ready(self.world, self.name, action)
            case Settle(revision):
                self._look()
                if revision.id in self.observed.revisions:
                    self._settle(revision.id)
            case Sweep():
                self._sweep()
            case MoveAlias(move):
                return self._move(move)
            case Forget():
                self.world.target.forget(self.name, self.observed.token)
        return None

    def _settle(self, revision: RevisionId) -> None:
        """Give it the spec's scale. An autoscaler that has yet to see its requests would go down with it.

        Where a rollout decides by itself that is left to a later turn: it is to be looked at meanwhile.
        """
        scale = upkeep.scale(self.observed.rollout, revision)
        seconds = upkeep.unseen_for(self.observed, revision, scale, self.world.clock.now()).total_seconds()
        if seconds > 0 and self.observed.rollout.auto is not None:
            return
        if seconds > 0:
            self.world.say(f"{revision} keeps its replicas for {seconds:.0f} s, until its load is measured")
            self.world.clock.sleep(seconds)
        self.world.target.scale(revision, scale)

    def _prepare(self, revision: Revision, goal: int) -> Event | None:
        """Make it live. One that cannot be, and has no weight, has failed: all is to be as it was.

        One that has weight is there already: what could not be done for it is to be tried again.
        """
        self.world.say(f"preparing {revision.id}")
        try:
            self.world.target.prepare(revision, self._capacity(revision, goal))
        except (SpecError, Refused, Unreachable) as error:
            if self.observed.route.share(revision.id):
                raise
            self.unprepared = error
            return Failed(revision.id, error.message)
        return None

    def _sweep(self) -> None:
        self._look()
        for revision in upkeep.leftovers(self.observed):
            self.world.say(f"removing {revision}")
            self.world.target.remove(revision)

    def _move(self, move: AliasMove) -> Event | None:
        """Move the alias. A registry that is down must not hold up what is due on the target."""
        if self.alias_error is not None:
            return None
        try:
            self.world.registry.move_alias(move.model, move.alias, move.version)
        except PlatformctlError as error:
            self.alias_error = error
            return None
        self.world.say(f"alias {move.alias} of {move.model} is version {move.version}")
        return AliasMoved()

    def _look(self) -> None:
        """Look again at what is live. Only we may have committed since."""
        seen = self.world.target.observe(self.name)
        if seen.token != self.observed.token:
            raise Conflict(
                f"{self.name} was changed by somebody else meanwhile",
                owner="another client",
                hint=f"platformctl status {self.name}",
            )
        self.observed = seen

    @property
    def _scaling(self) -> Scaling:
        wanted = self.observed.rollout.wanted
        return wanted.spec.scaling if wanted else Scaling()

    def _capacity(self, revision: Revision, goal: int) -> Scale:
        """What it needs before it gets its share, or its part of GPUs that are not enough for that."""
        if self.observed.rollout.staging is not None:
            return upkeep.scale(self.observed.rollout, revision.id)
        return capacity.for_share(self._scaling, revision.id, capacity.stable_replicas(self.observed), goal)


def drive(world: World, name: Name, event: Event, seen: Observed | None = None) -> Driven:
    """Apply an event, and do all that is due afterwards.

    Args:
        world: The ports.
        name: The deployment.
        event: What is to happen.
        seen: What the event was decided upon; None: whatever the state is now.

    Raises:
        Refused: The event has no place in the deployment's phase.
        DeadlinePassed: The candidate was still getting ready when the time was up. It goes on.
        Conflict: Somebody else committed meanwhile.
        Unreachable: The target does not answer.
    """
    run = _Drive(world, name, seen or world.target.observe(name))
    run.run(event)
    if _is_unread(run.observed.rollout):
        run.look()
    return Driven(world.target.observe(name), run.failed, run.unprepared, run.alias_error)


def _is_unread(rollout: Rollout) -> bool:
    """Whether it decides by itself, has new weights, and nobody knows yet what was answered before them."""
    auto = rollout.auto
    return (
        rollout.phase in _AT_REST and auto is not None and auto.evidence.reading is None and not auto.trouble
    )


def finish_interrupted(world: World, name: Name) -> Driven:
    """Do what an interrupted command left to be done, as far as that needs no decision."""
    observed = world.target.observe(name)
    if observed.rollout.phase not in _AT_REST or not upkeep.is_unfinished(observed):
        return Driven(observed)
    world.say(f"finishing what an interrupted command left of {name}")
    driven = drive(world, name, Resume())
    if driven.alias_error is not None:
        text = f"an alias of {name} is not moved yet: {driven.alias_error.message}"
        world.warn(text, f"the next command on {name} tries it again")
    return driven


_AT_REST = {Phase.EMPTY, Phase.STEADY, Phase.CANARY}
