from collections.abc import Callable

import pytest

from platformctl.adapters.cluster.by_mode import ByMode
from platformctl.adapters.cluster.checking.discovery import new_mode
from platformctl.domain.cluster import Mode
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT, Scope
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from tests.cluster_checks.conftest import CONFIG, GROUPS, config, groups
from tests.cluster_modes.conftest import HTTP_ROUTE, NO_KIND, RECORD, SERVICES, Both, record, services
from tests.fakes.values import CHURN, revision, steady

pytestmark = pytest.mark.quick

STANDARD, KNATIVE = Mode.STANDARD, Mode.KNATIVE
IT = revision(1)


@pytest.mark.parametrize("default", Mode)
@pytest.mark.parametrize("chosen", [None, *Mode])
@pytest.mark.parametrize("mode", Mode)
def test_whatever_is_chosen_it_is_seen_changed_and_removed_as_it_is(
    both: Both, mode: Mode, chosen: Mode | None, default: Mode
) -> None:
    both.deployed(mode)
    both.default = default
    target, world = both.target(chosen), both.worlds[mode]
    seen = target.observe(CHURN)
    assert seen.rollout == steady(IT)
    target.prepare(IT, Scale())
    target.scale(IT.id, Scale(minimum=2, maximum=2))
    assert list(world.live) == [IT.id]
    target.commit(CHURN, Route(), Rollout(), seen.token)
    target.remove(IT.id)
    assert not world.live
    target.forget(CHURN, target.observe(CHURN).token)
    assert not world.recorded
    assert both.defaults == []


@pytest.mark.parametrize(
    ("has", "chosen", "origin", "field"),
    [
        (STANDARD, KNATIVE, "flag --mode", "--mode"),
        (KNATIVE, STANDARD, "variable PLATFORMCTL_MODE", "PLATFORMCTL_MODE"),
        (STANDARD, KNATIVE, "file /repo/platformctl.toml, context a", "/repo/platformctl.toml, context a"),
    ],
)
def test_another_revision_of_it_in_another_mode_is_refused_with_the_way_out(
    both: Both, has: Mode, chosen: Mode, origin: str, field: str
) -> None:
    both.deployed(has)
    with pytest.raises(Refused) as caught:
        both.target(chosen, origin).check(revision(2), Scale())
    there, other = has.capitalize(), chosen.capitalize()
    assert caught.value.message.startswith(f"churn is in {there} mode, and {other} mode is chosen")
    assert caught.value.field == field
    assert f"--mode {has} changes it as it is" in str(caught.value.hint)
    assert "platformctl delete churn" in str(caught.value.hint)
    assert both.target(has).check(revision(2), Scale()) == []
    assert both.target().check(revision(2), Scale()) == []


@pytest.mark.parametrize("chosen", [None, *Mode])
@pytest.mark.parametrize("default", Mode)
def test_a_new_one_has_the_chosen_mode_else_the_clusters_default(
    both: Both, chosen: Mode | None, default: Mode
) -> None:
    both.default = default
    target, mode = both.target(chosen), chosen or default
    assert target.observe(CHURN).token == ABSENT
    assert target.check(IT, Scale()) == []
    target.prepare(IT, Scale())
    target.commit(CHURN, steady(IT).route, steady(IT), ABSENT)
    assert list(both.worlds[mode].recorded) == [CHURN]
    assert not both.worlds[KNATIVE if mode is STANDARD else STANDARD].live
    assert both.defaults == ([] if chosen else [default])


@pytest.mark.parametrize(
    ("default", "knative", "mode"),
    [
        ("Knative", True, KNATIVE),
        ("Serverless", True, KNATIVE),
        ("Knative", False, STANDARD),
        ("Standard", True, STANDARD),
        ("RawDeployment", True, STANDARD),
        ("ModelMesh", True, STANDARD),
        (None, True, STANDARD),
    ],
)
def test_the_default_is_kserves_as_far_as_there_is_knative(
    both: Both, *, default: str | None, knative: bool, mode: Mode
) -> None:
    forbidden = (403, {"kind": "Status", "reason": "Forbidden"})
    both.server.answers[CONFIG] = (200, config(default)) if default else forbidden
    both.server.answers["/apis"] = (200, groups(*GROUPS, *(["serving.knative.dev/v1"] if knative else [])))
    assert new_mode(both.api) is mode


@pytest.mark.parametrize(
    ("names", "mode"), [(("churn",), KNATIVE), (("churn-v1-3f9a1c",), STANDARD), (("churn", "x"), KNATIVE)]
)
def test_one_that_was_interrupted_before_anything_was_recorded_goes_on_in_its_mode(
    both: Both, names: tuple[str, ...], mode: Mode
) -> None:
    both.server.answers[SERVICES] = services(*names)
    both.default = KNATIVE if mode is STANDARD else STANDARD
    both.target().prepare(IT, Scale())
    assert list(both.worlds[mode].live) == [IT.id]


def test_what_is_being_removed_has_no_mode_any_more(both: Both) -> None:
    both.server.answers[SERVICES] = services("churn-v1-3f9a1c", leaving=True)
    both.default = KNATIVE
    both.target().prepare(IT, Scale())
    assert list(both.worlds[KNATIVE].live) == [IT.id]


def test_once_it_is_forgotten_another_mode_may_be_chosen(both: Both) -> None:
    both.deployed(STANDARD)
    target = both.target(KNATIVE)
    token = target.commit(CHURN, Route(), Rollout(), target.observe(CHURN).token)
    target.forget(CHURN, token)
    del both.server.answers[HTTP_ROUTE]
    assert target.check(IT, Scale()) == []
    target.prepare(IT, Scale())
    assert list(both.worlds[KNATIVE].live) == [IT.id]


@pytest.mark.parametrize(
    ("path", "labels"),
    [(HTTP_ROUTE, {}), (RECORD, {"app.kubernetes.io/managed-by": "Helm"}), (RECORD, {"x": ""})],
)
def test_what_is_not_ours_says_nothing(both: Both, path: str, labels: dict[str, str]) -> None:
    foreign = record(**labels)
    if "x" in labels:
        foreign[1]["metadata"]["labels"].pop("platformctl.io/holds")
    both.server.answers[path] = foreign if path == RECORD else (200, {"kind": "HTTPRoute", "metadata": {}})
    both.default = STANDARD
    assert both.target().observe(CHURN).token == ABSENT
    both.target().prepare(IT, Scale())
    assert list(both.worlds[STANDARD].live) == [IT.id]


def test_without_the_gateway_api_everything_is_in_knative_mode(both: Both) -> None:
    both.server.answers[HTTP_ROUTE] = NO_KIND
    both.deployed(KNATIVE)
    assert both.target().observe(CHURN).rollout == steady(IT)


def test_without_kserve_it_is_as_if_nothing_were_there(both: Both) -> None:
    both.server.answers[SERVICES] = NO_KIND
    assert both.target().observe(CHURN).token == ABSENT


def test_the_list_has_both_in_order(both: Both) -> None:
    for mode, name in ((STANDARD, "churn"), (KNATIVE, "basket"), (KNATIVE, "dropout")):
        both.deployed(mode, Name(name))
    assert [found.name for found in both.target().list(Scope())] == ["basket", "churn", "dropout"]
    assert [found.name for found in both.target().list(Scope("c"))] == ["churn"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda target: target.room(IT),
        lambda target: target.logs(IT.id, 10),
        lambda target: target.remove(IT.id),
        lambda target: target.scale(IT.id, Scale()),
    ],
)
def test_who_needs_the_mode_first_asks_for_it_and_nobody_after_that(
    both: Both, ask: Callable[[ByMode], object]
) -> None:
    token = both.deployed(KNATIVE)
    both.worlds[KNATIVE].start(IT, Scale())
    both.target().commit(CHURN, Route(), Rollout(), token)
    target = both.target()
    before = both.server.asked.count(RECORD)
    ask(target)
    assert both.server.asked.count(RECORD) == before + 1
    target.observe(CHURN)
    assert both.server.asked.count(RECORD) == before + 1
