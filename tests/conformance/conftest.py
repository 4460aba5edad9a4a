from collections.abc import Iterator

import pytest

from tests.conformance.pair import Pair, pair


@pytest.fixture(scope="session")
def both() -> Iterator[Pair]:
    with pair() as servers:
        yield servers
