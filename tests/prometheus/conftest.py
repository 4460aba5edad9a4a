from collections.abc import Iterator

import pytest

from tests.prometheus.real import RealPrometheus, real_prometheus


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    with real_prometheus(tmp_path_factory.mktemp("prometheus")) as one:
        yield one
