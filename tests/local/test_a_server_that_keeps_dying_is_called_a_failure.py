import pytest

from platformctl.domain.names import Name
from platformctl.domain.revision import Scale
from tests.local.world import LocalWorld, until

pytestmark = pytest.mark.quick

CRASHES = """
import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_that_keeps_dying_is_started_again_and_then_called_a_failure(
    shared: LocalWorld, name: Name
) -> None:
    crashes = shared.of_class(name, CRASHES)
    shared.target.prepare(crashes, Scale())
    until(lambda: shared.status(crashes).failure is not None, what="failed")
    status = shared.status(crashes)
    assert status.restarts >= 4
    assert "has died 4 times in a row" in (status.failure or "")
