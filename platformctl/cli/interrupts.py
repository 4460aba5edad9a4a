"""Ctrl-C in the middle of a change: say in which state that leaves the deployment, and what goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from platformctl.cli.errors import Interrupted
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.names import Name
from platformctl.domain.observed import Observed, Severity
from platformctl.plan import health
from platformctl.usecases.world import World


@contextmanager
def interruptible(world: World, name: Name) -> Iterator[None]:
    """Turn Ctrl-C into an error that says how things are now.

    Raises:
        Interrupted: A person pressed Ctrl-C.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise _interrupted(world, name) from None


def _interrupted(world: World, name: Name) -> Interrupted:
    try:
        text, hint = left(name, world.target.observe(name), world)
    except (PlatformctlError, KeyboardInterrupt):  # a second Ctrl-C: the person will not wait for words
        text, hint = f"the state of {name} is not known", f"platformctl status {name}"
    return Interrupted(text, hint=hint)


def left(name: Name, observed: Observed, world: World) -> tuple[str, str]:
    """What is left undone, in words, and the command that goes on."""
    problems = health.problems(observed, None, world.clock.now())
    unfinished = [problem for problem in problems if problem.severity is Severity.WARNING]
    if unfinished:
        return unfinished[0].message, unfinished[0].hint
    shares = ", ".join(f"{revision} {weight} %" for revision, weight in observed.route.weights.items())
    return f"{name} is {observed.rollout.phase}: {shares or 'nothing serves'}", f"platformctl status {name}"
