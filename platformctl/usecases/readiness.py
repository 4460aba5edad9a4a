"""Wait until a revision is ready and has answered a prediction, through the router."""

from datetime import timedelta

from platformctl.domain.components import Image
from platformctl.domain.errors import DeadlinePassed, NotFound, SpecError, Unreachable
from platformctl.domain.examples import v1_request
from platformctl.domain.names import Name
from platformctl.domain.observed import RevisionStatus
from platformctl.domain.progress import Waiting
from platformctl.domain.revision import Code, Revision
from platformctl.domain.traffic import Answer, Request
from platformctl.plan import failing
from platformctl.rollout import Await, Event, Failed, Ready
from platformctl.usecases.world import World

_PROBES = 3
"""How often a revision may fail to answer its own example before it counts as failed."""


def await_ready(world: World, name: Name, action: Await) -> Event:
    """Wait for the revision of `action`; answer Ready or Failed.

    Raises:
        DeadlinePassed: It was still getting ready.
    """
    revision, started = action.revision, world.clock.now()
    watched = None
    while True:
        observed = world.target.observe(name)
        now = world.clock.now()
        status = observed.revisions.get(revision.id)
        watched = failing.seen(watched, status, now)
        reason = failing.failure(watched, serves=action.serves)
        if reason is not None:
            return Failed(revision.id, reason)
        if status and status.is_ready:
            refusal = probe(world, name, revision)
            return Failed(revision.id, refusal) if refusal else Ready(revision.id)
        if now - started >= world.timeout:
            raise _deadline_passed(name, revision, status, now - started)
        detail = status.detail if status else ""
        elapsed, limit = (now - started).total_seconds(), world.timeout.total_seconds()
        world.reporter.event(Waiting(revision.id, detail, elapsed, limit))
        world.clock.sleep(world.target.capabilities(name).poll)


def probe(world: World, name: Name, revision: Revision) -> str | None:
    """Send the revision its model's own example, through the router; say why it is refused, or None.

    A model without an example has nothing to be asked; its readiness has to do.
    """
    body = _example(world, revision)
    if body is None:
        return None
    answer = None
    for _ in range(_PROBES):
        answer = world.target.predict(name, Request(body, revision=revision.id))
        if _answered(answer, revision):
            return None
        world.clock.sleep(world.target.capabilities(name).poll)
    return _refusal(answer) if answer else None


def _example(world: World, revision: Revision) -> bytes | None:
    example = revision.model.info.example
    if example is None:
        return None
    try:
        return v1_request(world.registry.read(revision.model, example))
    except (NotFound, SpecError, Unreachable) as error:
        world.warn(f"{revision.id} was not asked its own example: {error}")
        return None


def _answered(answer: Answer, revision: Revision) -> bool:
    """What a person put around the model need not understand its example; it must not break on it."""
    if not isinstance(revision.predictor, Code | Image) and revision.transformer is None:
        return answer.status == 200  # noqa: PLR2004 - HTTP's OK
    return not answer.is_error


def _refusal(answer: Answer) -> str:
    text = answer.body.decode(errors="replace").strip()[:300]
    return f"its own input example was answered with {answer.status or 'nothing'}: {text}"


def _deadline_passed(
    name: Name, revision: Revision, status: RevisionStatus | None, waited: timedelta
) -> DeadlinePassed:
    seconds = int(waited.total_seconds())
    detail = f" ({status.detail})" if status and status.detail else ""
    return DeadlinePassed(
        f"{revision.id} was still getting ready after {seconds} s{detail}",
        hint=f"platformctl deploy {name} waits on (--timeout for longer), "
        f"platformctl rollback {name} drops it, platformctl logs {name} shows what it says",
    )
