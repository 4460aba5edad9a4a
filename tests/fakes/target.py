"""A target and its counters, in memory."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

from pydantic import ValidationError

from platformctl.domain.components import Image
from platformctl.domain.counts import Counts
from platformctl.domain.errors import (
    Conflict,
    NotFound,
    Refused,
    SpecError,
    StateCorrupt,
    StillServing,
    Unreachable,
)
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import (
    ABSENT,
    Capabilities,
    Finding,
    Observed,
    Scope,
    Severity,
    Summary,
    Token,
)
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import WHOLE, Route
from platformctl.domain.traffic import Answer, Request
from tests.fakes.world import FakeWorld, Recorded

_SPREAD = 37
"""Coprime to 100: each run of 100 requests visits every percent once, well mixed."""

_SECONDS = 0.004
_BOUNDS = (1.0, 5.0, 25.0, float("inf"))


class FakeTarget:
    """A target in a `FakeWorld`.

    Args:
        world: Where it is; other clients have targets in the same one.
        client: Who uses it, as a conflict names them.
    """

    def __init__(self, world: FakeWorld, client: str = "a client") -> None:
        self._world = world
        self._client = client

    def capabilities(self, name: Name) -> Capabilities:  # noqa: ARG002 - the same for all
        return Capabilities(target="fake", images=False, code=True)

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        self._reach()
        images = [part for part in ("predictor", "transformer") if isinstance(getattr(revision, part), Image)]
        found = [Finding(Severity.ERROR, "images are for clusters", f"spec.{part}") for part in images]
        if scale.maximum > scale.minimum:
            found.append(Finding(Severity.INFO, "nothing scales by itself here", "spec.scaling.max"))
        if self._world.lacks_room(revision.id, scale):
            found.append(Finding(Severity.ERROR, "there is no room for it", "spec.resources.gpu"))
        return found

    def room(self, revision: Revision) -> int | None:  # noqa: ARG002 - the port's
        return self._world.room

    def list(self, scope: Scope) -> Sequence[Summary]:
        self._reach()
        names = sorted(name for name in self._world.recorded if name.startswith(scope.prefix))
        return [Summary(name, *self._read(name)) for name in names]

    def observe(self, name: Name) -> Observed:
        self._reach()
        with self._world.lock:
            recorded = self._world.recorded.get(name)
            route, rollout = self._read(name) if recorded else (Route(), Rollout())
            live = [r for r, one in self._world.live.items() if one.revision.deployment == name]
            return Observed(
                revisions={revision: self._world.status(revision) for revision in live},
                route=route,
                rollout=rollout,
                token=recorded.token if recorded else ABSENT,
                url=f"http://fake/{name}" if recorded else None,
                **self._world.beside,
            )

    def prepare(self, revision: Revision, scale: Scale) -> None:
        self._reach()
        if isinstance(revision.predictor, Image) or isinstance(revision.transformer, Image):
            raise SpecError("images are for clusters", hint="use a class, or another target")
        with self._world.lock:
            if revision.id not in self._world.live or self._world.status(revision.id).failure:
                self._world.start(revision, scale)
            else:
                self._world.resize(revision.id, scale)

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        self._reach()
        with self._world.lock:
            if revision not in self._world.live:
                raise NotFound(f"{revision} is not live")
            self._world.resize(revision, scale)

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        self._reach()
        with self._world.lock:
            self._compare(name, token)
            lost = [revision for revision in route.weights if revision not in self._world.live]
            self._world.violations += [f"{revision} has weight and is not live" for revision in lost]
            state = Recorded(
                route.model_dump_json(), rollout.model_dump_json(), self._world.next_token(), self._client
            )
            self._world.recorded[name] = state
            return state.token

    def forget(self, name: Name, token: Token) -> None:
        self._reach()
        with self._world.lock:
            self._compare(name, token)
            seen = self.observe(name)
            if seen.route.weights or seen.revisions:
                raise StillServing(f"{name} has a route or live revisions", hint=f"platformctl delete {name}")
            self._world.recorded.pop(name, None)

    def remove(self, revision: RevisionId) -> None:
        self._reach()
        with self._world.lock:
            live = self._world.live.get(revision)
            if live is None:
                return
            share = self.observe(live.revision.deployment).route.share(revision)
            if share:
                raise StillServing(f"{revision} has {share} % of the requests")
            self._world.logs[revision].append(f"stopped {revision}")
            del self._world.live[revision]

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        self._reach()
        if revision not in self._world.logs:
            raise NotFound(f"nothing is known of {revision}")
        lines = self._world.logs[revision]
        return tuple(lines[max(0, len(lines) - tail) :])

    def predict(self, name: Name, request: Request) -> Answer:
        self._reach()
        with self._world.lock:
            seen = self.observe(name)
            if seen.token == ABSENT:
                raise NotFound(f"there is no deployment {name}")
            if request.revision is not None and request.revision not in seen.revisions:
                raise NotFound(f"{request.revision} is not live")
            revision = request.revision or self._pick(seen.route)
            if revision is None:
                return Answer(503, b"no revision has weight", None, _SECONDS)
            answer = self._ask(revision, request)
            counts = self._world.counts.get(revision, Counts())
            self._world.counts[revision] = _count(counts, answer)
            return answer

    def _pick(self, route: Route) -> RevisionId | None:
        percent = self._world.next_request() * _SPREAD % WHOLE
        for revision, weight in route.weights.items():
            if percent < weight:
                return revision
            percent -= weight
        return None

    def _ask(self, revision: RevisionId, request: Request) -> Answer:
        ready = revision in self._world.live and self._world.status(revision).ready
        if not ready:
            return Answer(503, b"no replica answers", None, _SECONDS)
        status = self._world.behaviour(revision).status
        if status == 0:
            return Answer(0, b"connection reset", None, _SECONDS)
        try:
            instances = json.loads(request.body)["instances"]
        except (ValueError, TypeError, KeyError):
            return Answer(400, b'{"error": "not the V1 protocol"}', revision, _SECONDS)
        body = json.dumps({"predictions": [0] * len(instances)}).encode()
        return Answer(status, body, revision, _SECONDS)

    def _compare(self, name: Name, token: Token) -> None:
        recorded = self._world.recorded.get(name)
        if token != (recorded.token if recorded else ABSENT):
            owner = recorded.by if recorded else "whoever deleted it"
            raise Conflict(f"{name} was changed by {owner}", owner=owner, hint="look at it and try again")

    def _read(self, name: Name) -> tuple[Route, Rollout]:
        recorded = self._world.recorded[name]
        try:
            return _parse(recorded.route, recorded.rollout)
        except ValidationError as error:
            raise StateCorrupt(f"what was recorded of {name} cannot be read") from error

    def _reach(self) -> None:
        if self._world.target_is_down:
            raise Unreachable("the target does not answer", hint="platformctl up")


class FakeCounters:
    """The figures of a `FakeWorld`."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    def read(self, name: Name, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        if self._world.target_is_down or self._world.counters_are_down:
            raise Unreachable(f"no figures of {name}", hint="platformctl up")
        return {revision: self._world.counts.get(revision, Counts()) for revision in revisions}


class FakeMetrics:
    """What a person's queries give in a `FakeWorld`: `figures`, by query."""

    def __init__(self, world: FakeWorld) -> None:
        self._world = world

    def query(self, address: str | None, text: str) -> float:  # noqa: ARG002 - the port's
        if self._world.metrics_are_down:
            raise Unreachable("nobody answers", hint="nothing moves until somebody does")
        if text not in self._world.figures:
            raise Refused(f"{text}: gives nothing, and one number is needed")
        return self._world.figures[text]


@lru_cache(maxsize=16)
def _parse(route: str, rollout: str) -> tuple[Route, Rollout]:
    """Read what was recorded; the same text need not be read again for every look."""
    return Route.model_validate_json(route), Rollout.model_validate_json(rollout)


def _count(counts: Counts, answer: Answer) -> Counts:
    milliseconds = answer.seconds * 1000
    return Counts(
        requests=counts.requests + 1,
        errors=counts.errors + answer.is_error,
        rejected=counts.rejected + (not answer.is_error and answer.status >= 400),
        latency={bound: counts.latency.get(bound, 0) + (milliseconds <= bound) for bound in _BOUNDS},
    )
