import pytest

from tests.cluster import lock
from tests.cluster.requirements import Unavailable, require_built


@pytest.fixture
def alone() -> None:
    """This machine can have a cluster, and has none."""
    try:
        require_built("node")
    except Unavailable as error:
        pytest.skip(f"no test cluster: {error}")
    if lock.holder() is not None:
        pytest.skip("it would end the cluster that is up; PLATFORMCTL_TEST_CLUSTER=1 gives it another")
