"""What a target does with revisions. Two deployments are shared: starting servers takes its time.

Of the one `first` has everything, and `second` is ready at weight 0. The other has nothing but `broken`,
which cannot load its model.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

import pytest

from platformctl.domain.components import Image
from platformctl.domain.errors import NotFound, StillServing, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import ABSENT, Observed, RevisionStatus, Scope, Severity
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.domain.traffic import Answer, Request
from tests.contract.conftest import clear
from tests.contract.harness import TargetHarness
from tests.fakes.values import canary, steady, wanted

_ONE = Scale()
_names = count(1)


@dataclass(frozen=True)
class Deployment:
    """A shared deployment."""

    harness: TargetHarness
    name: Name

    def observe(self) -> Observed:
        return self.harness.target.observe(self.name)

    def status(self, revision: Revision) -> RevisionStatus:
        return self.observe().revisions[revision.id]

    def commit(self, rollout: Rollout) -> None:
        seen = self.observe()
        self.harness.target.commit(self.name, rollout.route, rollout, seen.token)

    def ask(self, revision: RevisionId | None = None) -> Answer:
        return self.harness.target.predict(self.name, Request(self.harness.body, revision))

    def answers(self, revision: Revision) -> bool:
        return self.status(revision).is_ready and self.ask(revision.id).status == 200

    def requests(self, revision: Revision) -> int:
        return self.harness.counters.read(self.name, [revision.id])[revision.id].requests

    def begin(self, revision: Revision) -> None:
        """Record what is to serve, and prepare it, as a rollout does."""
        candidate = Candidate(revision=revision, goal=100)
        preparing = Rollout(phase=Phase.PREPARING, wanted=wanted(self.name), candidate=candidate)
        self.harness.target.commit(self.name, preparing.route, preparing, ABSENT)
        self.harness.target.prepare(revision, _ONE)

    def bring(self, revision: Revision) -> None:
        """Make it live, if it is not, and wait until it answers."""
        self.harness.target.prepare(revision, _ONE)
        self.harness.until(partial(self.answers, revision))


@dataclass(frozen=True)
class Serving(Deployment):
    """The one that serves."""

    first: Revision
    second: Revision


@dataclass(frozen=True)
class Breaking(Deployment):
    """The one that cannot."""

    broken: Revision


@pytest.fixture(scope="module")
def serving(targets: TargetHarness) -> Iterator[Serving]:
    name = Name(f"served-{next(_names)}")
    it = Serving(targets, name, *(targets.working_revision(name, tag) for tag in (1, 2)))
    try:
        it.begin(it.first)
        it.bring(it.first)
        it.commit(steady(it.first))
        it.bring(it.second)
        yield it
    finally:
        clear(targets.target, name)


@pytest.fixture(scope="module")
def breaking(targets: TargetHarness) -> Iterator[Breaking]:
    name = Name(f"breaks-{next(_names)}")
    it = Breaking(targets, name, targets.failing_revision(name, 1))
    try:
        it.begin(it.broken)
        it.harness.until(lambda: it.status(it.broken).failure is not None)
        yield it
    finally:
        clear(targets.target, name)


def test_a_check_of_what_works_finds_no_error_and_changes_nothing(serving: Serving) -> None:
    before, fresh = serving.observe(), serving.harness.working_revision(serving.name, 9)
    findings = serving.harness.target.check(fresh, _ONE)
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []
    after = serving.observe()
    assert (after.token, set(after.revisions)) == (before.token, set(before.revisions))


def test_what_the_target_cannot_do_is_found_by_a_check(serving: Serving) -> None:
    image = serving.first.model_copy(update={"predictor": Image(image="registry.example/churn:1")})
    errors = [f for f in serving.harness.target.check(image, _ONE) if f.severity is Severity.ERROR]
    assert bool(errors) == (not serving.harness.target.capabilities(serving.name).images)


def test_a_target_has_a_name(serving: Serving) -> None:
    assert serving.harness.target.capabilities(serving.name).target


def test_a_prepared_revision_is_ready_and_has_no_weight(serving: Serving) -> None:
    seen = serving.observe()
    assert seen.revisions[serving.second.id].is_ready
    assert dict(seen.route.weights) == {serving.first.id: 100}


def test_another_client_observes_the_same(serving: Serving) -> None:
    mine, theirs = serving.observe(), serving.harness.another.observe(serving.name)
    assert (mine.route, mine.rollout, mine.token) == (theirs.route, theirs.rollout, theirs.token)
    assert set(mine.revisions) == set(theirs.revisions)
    assert theirs.revisions[serving.first.id].is_ready


def test_a_list_shows_the_route(serving: Serving) -> None:
    (summary,) = serving.harness.target.list(Scope(serving.name))
    assert dict(summary.route.weights) == {serving.first.id: 100}
    assert summary.rollout.stable == serving.first


def test_a_revision_that_cannot_load_says_so_and_is_not_ready(breaking: Breaking) -> None:
    status = breaking.status(breaking.broken)
    assert status.failure
    assert not status.is_ready


def test_a_ready_revision_says_what_serves_it_and_why(serving: Serving) -> None:
    said = serving.status(serving.second).serving
    assert said is not None
    assert said.runtime
    assert said.why
    assert all(faster.runtime and faster.needs for faster in said.faster)


def test_what_is_not_ready_says_nothing_of_itself(breaking: Breaking) -> None:
    assert breaking.status(breaking.broken).serving is None


def test_preparing_again_changes_nothing_that_runs(serving: Serving) -> None:
    before = serving.status(serving.second)
    serving.harness.target.prepare(serving.second, _ONE)
    after = serving.status(serving.second)
    assert after.is_ready
    assert (after.replicas, after.restarts) == (1, before.restarts)
    assert serving.ask(serving.second.id).status == 200
    assert dict(serving.observe().route.weights) == {serving.first.id: 100}


def test_preparing_what_has_failed_for_good_starts_it_anew(breaking: Breaking) -> None:
    target, broken = breaking.harness.target, breaking.broken.id
    before = len(target.logs(broken, 1000))
    target.prepare(breaking.broken, _ONE)
    breaking.harness.until(lambda: len(target.logs(broken, 1000)) > before)
    breaking.harness.until(lambda: breaking.status(breaking.broken).failure is not None)


def test_scaling_keeps_the_replicas_that_answer(serving: Serving) -> None:
    target = serving.harness.target
    target.scale(serving.second.id, Scale(minimum=2, maximum=2))
    more = serving.status(serving.second)
    assert (more.replicas, more.ready) in {(2, 1), (2, 2)}
    target.scale(serving.second.id, _ONE)
    serving.harness.until(lambda: _is_one_and_ready(serving.status(serving.second)))
    assert serving.ask(serving.second.id).status == 200


def test_preparing_with_another_scale_changes_only_that(serving: Serving) -> None:
    serving.harness.target.prepare(serving.second, Scale(minimum=2, maximum=2))
    assert serving.status(serving.second).replicas == 2
    serving.harness.target.prepare(serving.second, _ONE)
    serving.harness.until(lambda: _is_one_and_ready(serving.status(serving.second)))


def _is_one_and_ready(status: RevisionStatus) -> bool:
    """A second replica may still come, and go, when there is to be one again."""
    return status.replicas == 1 and status.is_ready


def test_what_is_not_live_cannot_be_scaled(serving: Serving) -> None:
    with pytest.raises(NotFound):
        serving.harness.target.scale(RevisionId(f"{serving.name}-v9-000000"), _ONE)


def test_a_revision_without_weight_answers_who_asks_for_it(serving: Serving) -> None:
    answer = serving.ask(serving.second.id)
    assert (answer.status, answer.revision) == (200, serving.second.id)
    assert answer.seconds > 0
    assert not answer.is_error


def test_the_stable_address_answers_by_weight(serving: Serving) -> None:
    assert {serving.ask().revision for _ in range(10)} == {serving.first.id}


def test_requests_split_as_the_weights_say(serving: Serving) -> None:
    serving.commit(canary(serving.first, serving.second, 25))
    who = [serving.ask().revision for _ in range(400)]
    serving.commit(steady(serving.first))
    five_deviations = 5 * math.sqrt(400 * 0.25 * 0.75)
    assert abs(who.count(serving.second.id) - 100) <= five_deviations
    assert set(who) == {serving.first.id, serving.second.id}


def test_new_weights_are_served_when_commit_returns(serving: Serving) -> None:
    starts_anew = serving.harness.target.capabilities(serving.name).live_revisions is not None
    for stable in (serving.second, serving.first) * (1 if starts_anew else 3):
        serving.bring(stable)
        serving.commit(steady(stable))
        assert {serving.ask().revision for _ in range(5)} == {stable.id}
    serving.bring(serving.second)


def test_a_broken_revision_answers_with_an_error_and_raises_nothing(breaking: Breaking) -> None:
    assert breaking.ask(breaking.broken.id).is_error


def test_a_request_that_no_model_can_read_is_the_clients_error(serving: Serving) -> None:
    answer = serving.harness.target.predict(serving.name, Request(b"this is not JSON", serving.first.id))
    assert 400 <= answer.status < 500


def test_nobody_answers_for_a_deployment_or_revision_that_is_not_there(serving: Serving) -> None:
    with pytest.raises(NotFound):
        serving.harness.target.predict(Name("never-deployed"), Request(serving.harness.body))
    with pytest.raises(NotFound):
        serving.ask(RevisionId(f"{serving.name}-v9-000000"))


def test_what_has_weight_is_not_removed(serving: Serving) -> None:
    with pytest.raises(StillServing):
        serving.harness.target.remove(serving.first.id)
    assert serving.ask().status == 200


def test_what_serves_is_not_forgotten(serving: Serving) -> None:
    with pytest.raises(StillServing):
        serving.harness.target.forget(serving.name, serving.observe().token)
    assert serving.ask().status == 200


def test_a_deployment_is_not_forgotten_while_a_revision_of_it_is_live(
    targets: TargetHarness, name: Name
) -> None:
    failing = targets.failing_revision(name, 1)
    token = targets.target.commit(name, Rollout().route, Rollout(wanted=wanted(name)), ABSENT)
    targets.target.prepare(failing, _ONE)
    with pytest.raises(StillServing):
        targets.target.forget(name, token)
    assert targets.target.observe(name).token == token


def test_a_removed_revision_is_gone_but_for_its_log(serving: Serving) -> None:
    """What takes its place in between may be what was prepared before."""
    target, extra = serving.harness.target, serving.harness.failing_revision(serving.name, 4)
    target.prepare(extra, _ONE)
    serving.harness.until(lambda: serving.status(extra).failure is not None)
    target.remove(extra.id)
    target.remove(extra.id)
    assert extra.id not in serving.observe().revisions
    with pytest.raises(NotFound):
        serving.ask(extra.id)
    assert target.logs(extra.id, 1000)
    serving.bring(serving.second)


def test_removing_what_never_was_is_done_already(serving: Serving) -> None:
    serving.harness.target.remove(RevisionId(f"{serving.name}-v9-000000"))


def test_logs_are_the_last_lines_oldest_first(breaking: Breaking) -> None:
    def written(most: int) -> list[str]:
        return list(breaking.harness.target.logs(breaking.broken.id, most))

    # Where it is started again and again, it also writes between the two looks.
    breaking.harness.until(lambda: len(lines := written(1000)) > 1 and written(2) == lines[-2:])


def test_what_was_never_live_has_no_log(serving: Serving) -> None:
    with pytest.raises(NotFound):
        serving.harness.target.logs(RevisionId(f"{serving.name}-v9-000000"), 10)


def test_every_request_is_counted_for_who_answered_it(serving: Serving) -> None:
    before = serving.requests(serving.second)
    for _ in range(7):
        serving.ask(serving.second.id)
    serving.harness.until(lambda: serving.requests(serving.second) == before + 7)
    counts = serving.harness.counters.read(serving.name, [serving.second.id])[serving.second.id]
    assert counts.latency[math.inf] == max(counts.latency.values()) > 0


def test_errors_of_the_server_and_of_the_client_are_counted_apart(
    serving: Serving, breaking: Breaking
) -> None:
    def figures() -> tuple[int, int]:
        first, broken = serving.first.id, breaking.broken.id
        errors = breaking.harness.counters.read(breaking.name, [broken])[broken].errors
        return errors, serving.harness.counters.read(serving.name, [first])[first].rejected

    (errors, rejected) = figures()
    breaking.ask(breaking.broken.id)
    serving.harness.target.predict(serving.name, Request(b"this is not JSON", serving.first.id))
    counted = int(serving.harness.counts_what_nobody_answered)
    serving.harness.until(lambda: figures() == (errors + counted, rejected + 1))


def test_a_revision_without_requests_has_zeros(serving: Serving) -> None:
    nobody = RevisionId(f"{serving.name}-v9-000000")
    counts = serving.harness.counters.read(serving.name, [nobody])
    assert (counts[nobody].requests, counts[nobody].errors, counts[nobody].rejected) == (0, 0, 0)


def test_a_target_that_is_not_up_says_what_to_do(targets: TargetHarness) -> None:
    fresh = targets.working_revision(Name("nowhere"), 1)
    with pytest.raises(Unreachable) as unreachable:
        targets.unreachable.prepare(fresh, _ONE)
    assert unreachable.value.hint
