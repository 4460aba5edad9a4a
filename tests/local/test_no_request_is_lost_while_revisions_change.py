"""A small load in the quick tier, a large one in the full tier; the same life of a deployment."""

import math
from collections.abc import Iterator

import pytest

from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from tests.load import Load, Tally
from tests.local.world import BODY, LocalWorld

NAME = Name("loaded")
PATH = f"/v1/models/{NAME}:predict"


@pytest.fixture
def pair(shared: LocalWorld) -> Iterator[tuple[Revision, Revision]]:
    """Two revisions, the first of which has everything; the second is not live yet."""
    stable, candidate = shared.revision(NAME, 1), shared.revision(NAME, 2)
    shared.prepared(stable)
    shared.serve(stable)
    yield stable, candidate
    shared.clear(NAME)


def _live_through(world: LocalWorld, stable: Revision, candidate: Revision, requests: int) -> Tally:
    """A canary that is prepared, split, scaled, promoted, its predecessor removed: all under load."""
    load = Load(world.port, PATH, BODY, connections=16)
    with load:
        load.until(100)
        world.prepared(candidate)
        world.split(stable, candidate, 10)
        load.until(load.tally.answered + requests // 4)
        world.target.scale(candidate.id, Scale(minimum=2, maximum=2))
        world.until_ready(candidate)
        load.until(load.tally.answered + requests // 4)
        world.target.scale(candidate.id, Scale())
        world.serve(candidate, stable)
        load.until(load.tally.answered + requests // 4)
        world.target.remove(stable.id)
        load.until(max(load.tally.answered + 100, requests))
    return load.tally


def _check(tally: Tally, stable: Revision, candidate: Revision, requests: int) -> None:
    assert tally.lost == []
    assert tally.answered >= requests
    assert {status for status, _ in tally.answers} == {200}
    assert {who for _, who in tally.answers} == {stable.id, candidate.id}


@pytest.mark.quick
def test_a_canary_from_birth_to_promotion_loses_nothing(
    shared: LocalWorld, pair: tuple[Revision, Revision]
) -> None:
    _check(_live_through(shared, *pair, requests=2_000), *pair, requests=2_000)


@pytest.mark.full
def test_nothing_is_lost_of_twenty_thousand_either(
    shared: LocalWorld, pair: tuple[Revision, Revision]
) -> None:
    _check(_live_through(shared, *pair, requests=20_000), *pair, requests=20_000)


@pytest.mark.full
def test_ten_percent_of_ten_thousand_are_within_five_deviations(
    shared: LocalWorld, pair: tuple[Revision, Revision]
) -> None:
    stable, candidate = pair
    shared.prepared(candidate)
    shared.split(stable, candidate, 10)
    with Load(shared.port, PATH, BODY, connections=16, limit=10_000) as load:
        tally = load.wait()
    assert tally.lost == []
    assert abs(tally.of(candidate.id) - 1_000) <= 5 * math.sqrt(10_000 * 0.1 * 0.9)
