"""Figures that only their owner understands decide as their range says; what gives none holds the rollout."""

import pytest

from platformctl.domain.automatic import Automatic, Queried
from platformctl.domain.observed import Observed
from platformctl.domain.version_ref import Exact
from platformctl.usecases.automatic import LOOK_SECONDS, Driver
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene
from tests.usecases.test_a_rollout_decides_by_itself import _begin, _drive

pytestmark = pytest.mark.quick

_PER = 'income{of="{model}", revision="{revision}"}'


@pytest.fixture
def crowd(scene: Scene) -> Crowd:
    scene.deploy(version=Exact(1))
    return Crowd(scene)


class Played:
    """A rollout with one query gate, whose figures a test says."""

    def __init__(self, crowd: Crowd, gate: dict[str, object], **policy: object) -> None:
        self.crowd, self.world = crowd, crowd.scene.world
        counts = {"errors": False, "latency": False, "clientErrors": False}
        queries = [{"name": "income", "query": _PER, **gate}]
        _begin(crowd, gates={**counts, "queries": queries}, **policy)
        self.driver = Driver(crowd.scene.client())
        first, second = sorted(crowd.scene.seen().revisions)
        self.stable, self.canary = (
            f'income{{of="churn", revision="{revision}"}}' for revision in (first, second)
        )

    def look(self, canary: float | None = None, stable: float | None = None) -> Observed:
        for query, value in ((self.canary, canary), (self.stable, stable)):
            self.world.figures.pop(query, None)
            if value is not None:
                self.world.figures[query] = value
        self.world.pass_time(LOOK_SECONDS)
        return self.driver.turn(CHURN)

    @property
    def auto(self) -> Automatic:
        auto = self.crowd.scene.seen().rollout.auto
        assert auto is not None
        return auto

    @property
    def known(self) -> Queried | None:
        return self.auto.evidence.queried.get("income")


def test_requests_are_counted_where_no_count_is_judged(crowd: Crowd) -> None:
    steps = [{"weight": 50, "hold": "10s", "minRequests": 400}, 100]
    played = Played(crowd, {"min": 3}, steps=steps, bake="0s")
    for _ in range(4):
        played.look(canary=5.0)
    assert crowd.scene.shares == {"v1": 50, "v2": 50}, "nobody has asked anything yet"
    crowd.ask(10)
    played.look(canary=5.0)
    assert crowd.scene.shares == {"v2": 100}


def test_a_revision_and_a_deployment_are_named_in_the_query(crowd: Crowd) -> None:
    played = Played(crowd, {"min": 3})
    played.look(canary=5.0)
    assert (played.known, played.auto.trouble) == (Queried(value=5.0), None)


def test_one_that_is_out_of_its_range_goes_back(crowd: Crowd) -> None:
    played = Played(crowd, {"min": 3, "max": 4})
    observed = played.look(canary=4.5)
    assert crowd.scene.shares == {"v1": 100}
    assert observed.rollout.rejected[0].reason == "income fail: 4.5 is its value, 3 to 4 is wanted"


def test_it_has_to_be_out_so_many_times_in_a_row(crowd: Crowd) -> None:
    played = Played(crowd, {"max": 4, "failures": 3})
    for value in (5.0, 5.0, 4.0, 5.0, 5.0):
        played.look(canary=value)
    assert played.known == Queried(value=5.0, out=2)
    played.look()
    assert played.known is not None
    assert (played.known.value, played.known.out) == (5.0, 2), "no answer is neither in nor out"
    observed = played.look(canary=6.0)
    assert crowd.scene.shares == {"v1": 100}
    assert "3 of 3 times in a row" in observed.rollout.rejected[0].reason


def test_a_ratio_is_that_of_both_versions(crowd: Crowd) -> None:
    played = Played(crowd, {"of": "ratio", "min": 0.9})
    played.look(canary=18.0, stable=20.0)
    assert played.known == Queried(value=0.9)
    played.look(canary=17.0, stable=20.0)
    assert crowd.scene.shares == {"v1": 100}


@pytest.mark.parametrize(
    ("canary", "stable", "why"),
    [
        (3.0, 0.0, "income: it is 0 for the version that serves, so there is no ratio"),
        (0.0, 0.0, "income: it is 0 for the version that serves, so there is no ratio"),
        (1e308, 1e-9, "income: 1e+308 / 1e-09 is no ratio"),
        (3.0, None, "gives nothing"),
        (None, 3.0, "gives nothing"),
    ],
)
def test_where_there_is_no_ratio_nothing_moves(
    crowd: Crowd, canary: float | None, stable: float | None, why: str
) -> None:
    played = Played(crowd, {"of": "ratio", "max": 2})
    for _ in range(100):
        played.look(canary, stable)
    assert why in (played.auto.trouble or "")
    assert played.known is not None
    assert (crowd.scene.shares, played.known.value) == ({"v1": 99, "v2": 1}, None)
    played.look(3.0, 3.0)
    assert (played.auto.trouble, played.known) == (None, Queried(value=1.0))


def test_when_nobody_answers_it_says_what_to_do(crowd: Crowd) -> None:
    played = Played(crowd, {"max": 4})
    played.world.metrics_are_down = True
    played.look(canary=1.0)
    assert played.auto.trouble == "income: nobody answers (nothing moves until somebody does)"


def test_all_that_fail_to_answer_are_named(crowd: Crowd) -> None:
    both = [{"name": name, "query": f"{name}{{}}", "max": 1} for name in ("income", "returns")]
    _begin(crowd, gates={"errors": False, "latency": False, "clientErrors": False, "queries": both})
    crowd.scene.world.pass_time(LOOK_SECONDS)
    auto = Driver(crowd.scene.client()).turn(CHURN).rollout.auto
    assert auto is not None
    assert "income: " in (auto.trouble or "")
    assert "; returns: " in (auto.trouble or "")


def test_a_ratio_is_not_asked_while_it_bakes_and_a_value_is(crowd: Crowd) -> None:
    ratio = {"name": "orders", "query": "orders{revision}", "of": "ratio", "min": 0.9}
    value = {"name": "income", "query": "income{revision}", "min": 3}
    world, scene = crowd.scene.world, crowd.scene
    steps = [{"weight": 50, "hold": "1s", "minRequests": 0}, 100]
    _begin(crowd, gates={"queries": [ratio, value]}, steps=steps, bake="1h")
    for revision in scene.seen().revisions:
        world.figures |= {f"orders{revision}": 10.0, f"income{revision}": 5.0}
    driver = Driver(scene.client())
    while scene.shares != {"v2": 100}:
        crowd.ask(LOOK_SECONDS)
        world.pass_time(LOOK_SECONDS)
        driver.turn(CHURN)
    serving = next(iter(scene.seen().route.weights))
    world.figures = {f"income{serving}": 5.0}
    for _ in range(3):
        crowd.ask(LOOK_SECONDS)
        world.pass_time(LOOK_SECONDS)
        auto = driver.turn(CHURN).rollout.auto
    assert auto is not None
    assert (auto.bakes, auto.trouble) == (True, None)
    world.figures = {f"income{serving}": 1.0}
    assert "income fail: 1 is its value" in _drive(crowd, 60).rollout.rejected[0].reason
    assert scene.shares == {"v1": 100}
