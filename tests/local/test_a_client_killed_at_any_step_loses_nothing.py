import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.world import LocalWorld

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

# What each has at least: a lock, the state's new file and its rename, supervisord, the router's files.
FEWEST_STEPS = {"prepare": 20, "commit": 10, "scale": 10, "remove": 15}


@pytest.mark.parametrize("what", FEWEST_STEPS)
def test_killed_at_each_step_it_is_undone_or_done_and_the_next_one_finishes(
    shared: LocalWorld, what: str
) -> None:
    command = ["-m", "tests.local.killed_at_each_step", str(shared.folder), str(shared.port), what]
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= FEWEST_STEPS[what]
