import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.router.world import World, world_in


@pytest.fixture
def world() -> Iterator[World]:
    # Not `tmp_path`: the path of a unix socket must be short.
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as one:
        yield one
