import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.domain.names import Name
from tests.local.world import LocalWorld, local_world
from tests.together.product import Product

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", name="stack")
def one_stack() -> Iterator[LocalWorld]:
    """One stack for all tests that do not break it."""
    # Not `tmp_path`: the path of a unix socket must be short.
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, local_world(Path(folder)) as world:
        yield world


@pytest.fixture
def product(stack: LocalWorld) -> Iterator[Product]:
    """A deployment of its own."""
    product = Product(stack, Name(f"d{next(_NUMBERS)}"))
    yield product
    product.delete()
