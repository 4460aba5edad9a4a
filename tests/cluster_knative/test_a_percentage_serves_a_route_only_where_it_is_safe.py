"""What KServe and Knative make of a percentage depends on who is ready: each state that a rollout meets."""

import pytest

from platformctl.adapters.cluster.knative.seen import Seen, is_served, percentage
from platformctl.domain.route import Route
from tests.cluster_knative.objects import V1, V2, V3, knative_revision, seen

pytestmark = pytest.mark.quick

_ONE, _TWO, _THREE = (knative_revision(of, number) for number, of in enumerate((V1, V2, V3), 1))
_BACK = knative_revision(V1, 3)
"""The first version again, after the second was rolled back."""
_WIDER = knative_revision(V1, 2)
"""The first version with another scale."""

FIRST_PREPARES = seen(V1, _ONE)
AT_REST = seen(V1, _ONE, rolled_out=1, ready=1, traffic=[(1, 100)])
PREPARES = seen(V2, _TWO, _ONE, percent=0, rolled_out=1, ready=1, traffic=[(1, 0), (1, 100)])
PREPARED = seen(V2, _TWO, _ONE, percent=0, rolled_out=1, ready=2, traffic=[(2, 0), (1, 100)])
CANARY = seen(V2, _TWO, _ONE, percent=10, rolled_out=1, ready=2, traffic=[(2, 10), (1, 90)])
PROMOTED = seen(V2, _TWO, _ONE, rolled_out=2, ready=2, traffic=[(2, 100)])
PROMOTES = seen(V2, _TWO, _ONE, rolled_out=1, ready=2, traffic=[(2, 100)])
THIRD_PREPARES = seen(V3, _THREE, _TWO, _ONE, percent=0, rolled_out=1, ready=2, traffic=[(2, 0), (1, 100)])
GOES_BACK = seen(V1, _BACK, _TWO, _ONE, percent=0, rolled_out=1, ready=2, traffic=[(2, 0), (1, 100)])
IS_BACK = seen(V1, _BACK, _TWO, _ONE, percent=0, rolled_out=1, ready=3, traffic=[(3, 0), (1, 100)])
WIDENS = seen(V1, _WIDER, _ONE, percent=0, rolled_out=1, ready=1, traffic=[(1, 0), (1, 100)])
WIDENED = seen(V1, _WIDER, _ONE, percent=0, rolled_out=1, ready=2, traffic=[(2, 0), (1, 100)])
CANARY_WIDENS = seen(
    V2, knative_revision(V2, 3), _TWO, _ONE, percent=10, rolled_out=1, ready=2, traffic=[(2, 10), (1, 90)]
)


_ALL_ONE, _ALL_TWO, _ALL_THREE = (Route(weights={one.id: 100}) for one in (V1, V2, V3))
_TENTH = Route(weights={V1.id: 90, V2.id: 10})


@pytest.mark.parametrize(
    ("state", "route", "wanted"),
    [
        pytest.param(AT_REST, _ALL_ONE, 100, id="at rest"),
        pytest.param(PREPARES, _ALL_ONE, 0, id="a new template that is not ready waits"),
        pytest.param(PREPARES, _TENTH, 0, id="also where it is to have a share: that would be its at once"),
        pytest.param(PREPARED, _ALL_ONE, 0, id="it is ready, and has nothing yet"),
        pytest.param(PREPARED, _TENTH, 10, id="it gets its share"),
        pytest.param(CANARY, _ALL_ONE, 0, id="it loses it"),
        pytest.param(CANARY, _ALL_TWO, 100, id="it is promoted"),
        pytest.param(THIRD_PREPARES, _ALL_ONE, 0, id="the one in the middle, which is ready, gets nothing"),
        pytest.param(THIRD_PREPARES, _ALL_THREE, 0, id="though the third is to have everything"),
        pytest.param(GOES_BACK, _ALL_ONE, 0, id="who was rolled back is still the newest that is ready"),
        pytest.param(IS_BACK, _ALL_ONE, 100, id="the good one is the newest again"),
        pytest.param(WIDENS, _ALL_ONE, 0, id="another scale of the same version waits"),
        pytest.param(WIDENED, _ALL_ONE, 100, id="and takes over"),
        pytest.param(CANARY_WIDENS, _TENTH, 10, id="a canary keeps its share while it is scaled"),
    ],
)
def test_the_percentage_of_a_route_never_sends_anybody_to_somebody_else(
    state: Seen, route: Route, wanted: int
) -> None:
    assert percentage(state, route) == wanted


@pytest.mark.parametrize("state", [PREPARES, THIRD_PREPARES, GOES_BACK])
@pytest.mark.parametrize("edited", [None, 0, 50, 100, 150])
def test_whatever_somebody_has_set_who_is_not_in_the_route_gets_nothing(
    state: Seen, edited: int | None
) -> None:
    service = dict(state.service or {})
    predictor = {**service["spec"]["predictor"], "canaryTrafficPercent": edited}
    changed = Seen({**service, "spec": {"predictor": predictor}}, state.knative, state.revisions)
    assert percentage(changed, _ALL_ONE) == 0


@pytest.mark.parametrize(
    ("state", "route"),
    [(AT_REST, _ALL_ONE), (PREPARES, _ALL_ONE), (PREPARED, _ALL_ONE), (CANARY, _TENTH), (PROMOTED, _ALL_TWO)],
)
def test_what_is_served_is_seen_to_be(state: Seen, route: Route) -> None:
    assert is_served(state, route)


def test_a_share_that_waits_for_who_is_not_ready_is_not_what_is_recorded() -> None:
    waits = seen(V2, _TWO, _ONE, percent=50, rolled_out=1, ready=1, traffic=[(1, 50), (1, 50)])
    assert dict(waits.shares) == dict(_ALL_ONE.weights)
    assert not is_served(waits, _ALL_ONE)


def test_a_promotion_is_over_when_kserve_has_taken_note() -> None:
    assert not is_served(PROMOTES, _ALL_TWO)


def test_weights_are_served_when_the_ingress_says_so_of_what_it_was_given_last() -> None:
    traffic = [(2, 10), (1, 90)]
    late = seen(V2, _TWO, _ONE, percent=10, handed_on=0, rolled_out=1, ready=2, traffic=traffic)
    unrouted = seen(V2, _TWO, _ONE, percent=10, rolled_out=1, ready=2, traffic=traffic, routed="Unknown")
    stale = Seen(CANARY.service, {**(CANARY.knative or {}), "metadata": {"generation": 4}}, CANARY.revisions)
    assert is_served(CANARY, _TENTH)
    assert [is_served(one, _TENTH) for one in (late, unrouted, stale)] == [False] * 3


def test_who_can_be_sent_requests_is_kept_and_nobody_else() -> None:
    assert [one["metadata"]["name"] for one in PROMOTED.surplus] == ["churn-predictor-00001"]
    assert THIRD_PREPARES.surplus == []
    assert [one["metadata"]["name"] for one in IS_BACK.surplus] == ["churn-predictor-00002"]


def test_two_revisions_can_have_weight_and_no_third() -> None:
    assert THIRD_PREPARES.can_serve == {V1.id, V3.id}
    assert GOES_BACK.can_serve == {V1.id}
    assert FIRST_PREPARES.can_serve == {V1.id}


def test_who_served_before_somebody_else_promoted_the_canary_can_serve_again() -> None:
    edited = seen(V2, _TWO, _ONE, rolled_out=2, previous=1, ready=2, traffic=[(2, 100)])
    assert edited.can_serve == {V1.id, V2.id}
    assert percentage(edited, _ALL_ONE) == 0
    assert percentage(edited, _TENTH) == 10


def test_each_is_asked_by_the_host_that_leads_to_it() -> None:
    hosts = {one: url.split("//")[1].split("-")[0] for one, url in CANARY.hosts.items()}
    assert hosts == {V2.id: "latest", V1.id: "prev"}
