"""Capacity comes before weight, and stays until the autoscaler has seen what that weight means."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from platformctl.domain.names import RevisionId
from tests.cluster_load.shop import Shop, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_MOST = 4
_WORK = "work 5"
"""Of the tenth of a processor that a server has, so that 16 connections keep four of them busy."""


@dataclass
class Watched:
    """How many pods were ready while a revision had all the weight."""

    ready: list[int] = field(default_factory=list)


@contextmanager
def _watching(shop: Shop, revision: RevisionId) -> Iterator[Watched]:
    watched, over = Watched(), threading.Event()

    def look() -> None:
        target = shop.world().target
        while not over.wait(0.5):
            if target.observe(shop.name).route.share(revision) == 100:
                watched.ready.append(len(shop.pods(revision)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()


def test_one_replica_takes_over_from_four(shop: Shop) -> None:
    spec = shop.spec(min=1, max=_MOST, cpu=50, start=15)
    shop.deploy(spec, 1)
    first = shop.stable
    with shop.load(_WORK, seconds=400) as load:
        eventually(lambda: len(shop.pods(first)) == _MOST, "the autoscaler adds replicas")
        shop.deploy(spec, 2, canary=10)
        canary = shop.canary
        with _watching(shop, canary) as watched:
            shop.promote()
            load.until(load.tally.answered + 1)
            end = time.monotonic() + 60
            eventually(lambda: time.monotonic() > end, "the autoscaler has looked several times")
    assert load.tally.lost == []
    assert watched.ready
    assert set(watched.ready) == {_MOST}
    assert shop.world().target.observe(shop.name).revisions[canary].scale.minimum == 1  # type: ignore[union-attr]
