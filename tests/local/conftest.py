"""One stack for all tests of this folder that do not break it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.domain.names import Name
from tests.local.world import LocalWorld, local_world

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    """A stack that is up. What a test deploys there it removes; it stops no part of it."""
    with local_world(tmp_path_factory.mktemp("shared")) as world:
        yield world


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[LocalWorld]:
    """A home of the test's own; nothing is up yet."""
    world = LocalWorld(tmp_path)
    yield world
    world.stack.down(purge=True)


@pytest.fixture
def name(shared: LocalWorld) -> Iterator[Name]:
    """A deployment's name on the shared stack; what it leaves is removed."""
    of_this_test = Name(f"it-{next(_numbers)}")
    yield of_this_test
    shared.clear(of_this_test)
