"""Decisions of a deployment: which version, what changes, what is left to do, and what is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.domain.deployment import ModelSource
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.observed import Observed, RevisionStatus, Severity
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import AliasMove, Candidate, Phase, Rejection, Rollout
from platformctl.domain.scaling import Prometheus, Scaling
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest
from platformctl.plan import capacity, health, lookup, steps, upkeep
from platformctl.rollout import Deploy, Respec, Resume
from tests.fakes.values import canary, revision, steady, wanted

pytestmark = pytest.mark.quick

NOW = datetime(2026, 1, 1, tzinfo=UTC)
V1, V2, V3 = (revision(version) for version in (1, 2, 3))
BY_QUERY = Prometheus(
    address="http://prometheus:9090", query='sum(rate(r{revision="{revision}"}[1m]))', threshold=50
)
READY = RevisionStatus(replicas=1, ready=1)
DOWN = RevisionStatus(replicas=1, ready=0, restarts=4, since=NOW - timedelta(seconds=7), detail="restarting")
PREPARING = Rollout(
    phase=Phase.PREPARING, wanted=wanted(), stable=V1, candidate=Candidate(revision=V2, goal=10)
)


def seen(rollout: Rollout, **statuses: RevisionStatus) -> Observed:
    """The deployment with these live revisions, `v1=...`."""
    live = {revision(int(version[1:])).id: status for version, status in statuses.items()}
    return Observed(revisions=live, route=rollout.route, rollout=rollout)


@pytest.mark.parametrize("pinned", [ModelSource(), ModelSource(version=3), ModelSource(alias="blessed")])
def test_what_the_command_says_goes_before_the_spec(pinned: ModelSource) -> None:
    (found,) = lookup.lookups(pinned, Exact(7), first=False, canary=True)
    assert (found.ref, found.rule, found.optional) == (Exact(7), "as the command says", False)


@pytest.mark.parametrize(
    ("source", "ref", "rule"),
    [
        (ModelSource(version=3), Exact(3), "spec.model.version"),
        (ModelSource(alias="blessed"), Alias("blessed"), "spec.model.alias, blessed"),
        (ModelSource(path="model"), Folder("model"), "spec.model.path"),
    ],
)
def test_what_the_spec_pins_is_meant(source: ModelSource, ref: object, rule: str) -> None:
    for first in (True, False):
        (found,) = lookup.lookups(source, None, first=first, canary=False)
        assert (found.ref, found.rule, found.optional) == (ref, rule, False)


@pytest.mark.parametrize(("canary_asked", "alias"), [(False, "champion"), (True, "challenger")])
def test_without_a_version_an_alias_is_tried_and_then_the_newest(alias: str, *, canary_asked: bool) -> None:
    first, second = lookup.lookups(ModelSource(), None, first=True, canary=canary_asked)
    assert (first.ref, first.optional) == (Alias(alias), True)
    assert (second.ref, second.optional) == (Newest(), False)


def test_a_live_deployment_that_says_nothing_of_a_version_keeps_it() -> None:
    assert lookup.lookups(ModelSource(), None, first=False, canary=False) == []


def test_a_share_is_what_the_command_says_else_the_spec_else_everything() -> None:
    serving = steady(V1)
    assert steps.goal(wanted(canary=20), serving, 10) == 10
    assert steps.goal(wanted(canary=20), serving, None) == 20
    assert steps.goal(wanted(), serving, None) == 100


def test_a_first_deployment_gets_everything_even_if_the_spec_has_a_canary() -> None:
    assert steps.goal(wanted(canary=20), Rollout(), None) == 100


def test_a_canary_of_nothing_is_a_wrong_request_with_a_way_out() -> None:
    with pytest.raises(SpecError) as refused:
        steps.goal(wanted(), Rollout(), 10)
    assert refused.value.field == "--canary"
    assert "platformctl deploy churn --canary 10" in (refused.value.hint or "")


def test_what_is_true_already_is_not_done_again() -> None:
    assert steps.decide(steady(V1), wanted(), V1, 100) is None
    assert steps.decide(canary(V1, V2, 10), wanted(), V2, 10) is None


def test_a_spec_that_makes_no_new_revision_is_changed_in_place() -> None:
    spec = wanted(replicas=(3, 3))
    assert steps.decide(steady(V1), spec, V1, 100) == Respec(spec)
    assert steps.decide(canary(V1, V2, 10), spec, V2, 10) == Respec(spec)


def test_another_revision_or_another_share_is_a_deployment() -> None:
    assert steps.decide(Rollout(), wanted(), V1, 100) == Deploy(wanted(), V1, 100)
    assert steps.decide(steady(V1), wanted(), V2, 10) == Deploy(wanted(), V2, 10)
    assert steps.decide(canary(V1, V2, 10), wanted(), V2, 20) == Deploy(wanted(), V2, 20)
    assert steps.decide(canary(V1, V2, 10), wanted(), V3, 10) == Deploy(wanted(), V3, 10)


def test_what_is_on_its_way_already_goes_on() -> None:
    assert steps.decide(PREPARING, wanted(), V2, 10) == Resume()
    assert steps.decide(PREPARING, wanted(keep=3), V2, 10) == Respec(wanted(keep=3))


def test_what_was_rolled_back_is_refused_with_when_and_why() -> None:
    rejected = Rejection(revision=V2.id, reason="5 % errors", at=NOW)
    rollout = steady(V1).model_copy(update={"rejected": (rejected,)})
    with pytest.raises(Refused, match="rejected at 2026-01-01 00:00:00 UTC: 5 % errors"):
        steps.refuse_rejected(rollout, V2.id)
    steps.refuse_rejected(rollout, V3.id)


@pytest.mark.parametrize(
    ("scaling", "stable", "share", "scale"),
    [
        (Scaling(), 0, 100, (1, 1)),
        (Scaling(), 1, 10, (1, 1)),
        (Scaling(max=8), 8, 10, (1, 8)),
        (Scaling(max=8), 8, 13, (2, 8)),
        (Scaling(max=8), 8, 100, (8, 8)),
        (Scaling(min=3), 2, 50, (3, 3)),
        (Scaling(), 5, 50, (3, 3)),
    ],
)
def test_a_revision_gets_the_capacity_of_its_share_first(
    scaling: Scaling, stable: int, share: int, scale: tuple[int, int]
) -> None:
    found = capacity.for_share(scaling, V1.id, stable, share)
    assert (found.minimum, found.maximum) == scale


def test_a_settled_revision_has_the_scale_of_the_spec() -> None:
    assert capacity.settled(Scaling(min=2), V1.id) == Scale(minimum=2, maximum=2)
    assert capacity.settled(Scaling(min=2, max=5, memory=70), V1.id) == Scale(minimum=2, maximum=5, memory=70)


@pytest.mark.parametrize(
    ("scaling", "cpu", "memory"),
    [
        (Scaling(max=5), 80, None),
        (Scaling(max=5, cpu=50), 50, None),
        (Scaling(max=5, memory=70), None, 70),
        (Scaling(max=5, cpu=50, memory=70), 50, 70),
        (Scaling(max=5, prometheus=BY_QUERY), None, None),
        (Scaling(min=5), None, None),
    ],
)
def test_what_scales_and_says_not_by_what_scales_by_processor_time(
    scaling: Scaling, cpu: int | None, memory: int | None
) -> None:
    scale = capacity.settled(scaling, V1.id)
    assert (scale.cpu, scale.memory) == (cpu, memory)


def test_a_query_is_asked_for_the_revision_that_it_scales() -> None:
    scales = [capacity.settled(Scaling(max=5, prometheus=BY_QUERY), revision.id) for revision in (V1, V2)]
    queries = [scale.prometheus.query for scale in scales if scale.prometheus]
    assert queries == [f'sum(rate(r{{revision="{revision.id}"}}[1m]))' for revision in (V1, V2)]


def test_capacity_for_a_share_keeps_what_a_revision_is_scaled_by() -> None:
    scale = capacity.for_share(Scaling(max=4, cpu=50), V1.id, 8, 100)
    assert scale == Scale(minimum=8, maximum=8, cpu=50)


def test_scaling_to_zero_means_none_to_one_if_nothing_else_is_said() -> None:
    found = capacity.settled(Scaling(min=0), V1.id)
    assert (found.minimum, found.maximum, found.by_default) == (0, 1, True)
    assert capacity.for_share(Scaling(min=0), V1.id, 0, 100).minimum == 0
    assert capacity.settled(Scaling(min=0, concurrency=4), V1.id) == Scale(minimum=0, concurrency=4)


@pytest.mark.parametrize(
    ("scaling", "told", "met"),
    [
        (Scaling(max=4), Scale(maximum=4, cpu=80), True),
        (Scaling(max=4), Scale(maximum=4), True),
        (Scaling(max=4), Scale(maximum=4, cpu=70), False),
        (Scaling(max=4), Scale(maximum=4, rps=80), False),
        (Scaling(max=4), Scale(maximum=3), False),
        (Scaling(max=4, cpu=80), Scale(maximum=4, cpu=80), True),
        (Scaling(max=4, cpu=80), Scale(maximum=4), False),
        (Scaling(max=4, rps=80), Scale(maximum=4, rps=80), True),
        (Scaling(min=4), Scale(minimum=4, maximum=4), True),
        (Scaling(min=4), Scale(minimum=4, maximum=4, cpu=80), False),
    ],
)
def test_a_default_is_met_by_whatever_stands_in_for_it(scaling: Scaling, told: Scale, *, met: bool) -> None:
    """Standard mode holds processor time, Knative takes a rule of its own."""
    assert capacity.settled(scaling, V1.id).is_met_by(told) is met


LIFTED = RevisionStatus(4, 4, scale=Scale(minimum=4, maximum=4, cpu=80), bounds=(4, 4))
SPEC = Scale(minimum=1, maximum=4, cpu=80)


@pytest.mark.parametrize(
    ("status", "scale", "elapsed", "seconds"),
    [
        (LIFTED, SPEC, 10, 50),
        (LIFTED, SPEC, 60, 0),
        (LIFTED, SPEC, 3600, 0),
        (LIFTED, LIFTED.scale, 10, 0),
        (replace(LIFTED, bounds=None), SPEC, 10, 0),
        (LIFTED, Scale(minimum=2, maximum=2), 10, 0),
        (replace(LIFTED, scale=SPEC), SPEC, 10, 0),
    ],
    ids=["shifted", "measured", "long ago", "as it is", "by nothing", "fixed then", "not lifted"],
)
def test_what_was_lifted_for_a_share_stays_until_the_autoscaler_has_seen_it(
    status: RevisionStatus, scale: Scale, elapsed: int, seconds: int
) -> None:
    rollout = steady(V1).model_copy(update={"since": NOW - timedelta(seconds=elapsed)})
    found = upkeep.unseen_for(seen(rollout, v1=status), V1.id, scale, NOW)
    assert found == timedelta(seconds=seconds)


def test_what_has_no_share_need_not_be_seen_by_the_autoscaler() -> None:
    rollout = steady(V1).model_copy(update={"since": NOW})
    assert not upkeep.unseen_for(seen(rollout, v1=LIFTED, v2=LIFTED), V2.id, SPEC, NOW)


def test_what_the_state_does_not_retain_is_left_over() -> None:
    assert upkeep.leftovers(seen(steady(V2, V1), v1=READY, v2=READY, v3=READY)) == [V3.id]
    assert upkeep.leftovers(seen(steady(V2, V1, keep=0), v1=READY, v2=READY)) == [V1.id]
    assert upkeep.leftovers(seen(PREPARING, v1=READY, v2=DOWN)) == []


def test_a_state_at_rest_is_finished() -> None:
    assert not upkeep.is_unfinished(seen(steady(V2, V1), v1=READY, v2=READY))


@pytest.mark.parametrize(
    "left",
    [
        seen(steady(V2), v2=READY, v3=READY),
        seen(steady(V2).model_copy(update={"alias_move": AliasMove(model="m", alias="a", version="2")})),
        seen(steady(V2), v2=RevisionStatus(replicas=3, ready=3)),
        seen(steady(V2).model_copy(update={"wanted": wanted(replicas=(2, 4))}), v2=READY),
    ],
    ids=["a leftover", "an alias", "too many replicas", "too few replicas"],
)
def test_what_an_interrupted_command_left_is_seen(left: Observed) -> None:
    assert upkeep.is_unfinished(left)


def test_replicas_that_the_spec_allows_are_left_to_scale_themselves() -> None:
    rollout = steady(V2).model_copy(update={"wanted": wanted(replicas=(1, 4))})
    assert not upkeep.is_unfinished(seen(rollout, v2=RevisionStatus(replicas=3, ready=3)))


def test_a_revision_that_is_scaled_by_something_else_than_the_spec_says_is_seen() -> None:
    rollout = steady(V2).model_copy(update={"wanted": wanted(replicas=(1, 4))})
    for scale, unfinished in [(Scale(maximum=4, cpu=80), False), (Scale(maximum=4, cpu=50), True)]:
        status = RevisionStatus(replicas=3, ready=3, scale=scale)
        assert upkeep.is_unfinished(seen(rollout, v2=status)) == unfinished


def test_a_healthy_deployment_has_no_problems() -> None:
    assert health.problems(seen(canary(V1, V2, 10), v1=READY, v2=READY), None, NOW) == []


def test_what_has_weight_and_is_down_is_an_error_with_a_way_out() -> None:
    (stable,) = health.problems(seen(canary(V1, V2, 10), v1=DOWN, v2=READY), None, NOW)
    (on_its_way,) = health.problems(seen(canary(V1, V2, 10), v1=READY, v2=DOWN), None, NOW)
    assert stable.severity is on_its_way.severity is Severity.ERROR
    assert stable.message == f"stable {V1.id} is not ready for 7 s: restarting"
    assert stable.hint.startswith("platformctl logs churn")
    assert on_its_way.message == f"canary {V2.id} is not ready for 7 s: restarting"
    assert on_its_way.hint == "platformctl rollback churn"


def test_one_replica_of_two_is_a_warning_for_it_still_answers() -> None:
    half = RevisionStatus(replicas=2, ready=1, detail="replica 1 is loading")
    rollout = steady(V1).model_copy(update={"wanted": wanted(replicas=(2, 2))})
    (finding,) = health.problems(seen(rollout, v1=half), None, NOW)
    assert finding.severity is Severity.WARNING
    assert finding.message == f"{V1.id} has 1 of 2 replicas ready: replica 1 is loading"


def test_what_has_weight_and_is_not_there_is_said_to_be_gone() -> None:
    (gone,) = health.problems(seen(steady(V1)), None, NOW)
    assert gone.message == f"stable {V1.id} is not ready: it is not there"


@pytest.mark.parametrize(
    ("observed", "hint"),
    [
        (seen(PREPARING, v1=READY), "platformctl deploy churn goes on"),
        (seen(Rollout(phase=Phase.DELETING, wanted=wanted())), "platformctl delete churn finishes that"),
        (seen(steady(V1), v1=READY, v3=READY), "platformctl prune churn finishes that"),
    ],
    ids=["on its way", "deletion", "leftover"],
)
def test_what_was_interrupted_is_a_warning_with_how_it_goes_on(observed: Observed, hint: str) -> None:
    (finding,) = health.problems(observed, None, NOW)
    assert finding.severity is Severity.WARNING
    assert finding.hint.startswith(hint)


def test_what_somebody_is_at_work_on_is_not_interrupted() -> None:
    (finding,) = health.problems(seen(PREPARING, v1=READY), "deploy by ada", NOW)
    assert (finding.severity, finding.message) == (Severity.INFO, "being changed by deploy by ada")
