import subprocess

import pytest

from tests.static.markdown import ROOT

pytestmark = pytest.mark.full


def test_every_hook_passes_on_every_file() -> None:
    ran = subprocess.run(
        [ROOT / ".venv/bin/pre-commit", "run", "--all-files", "--color", "never"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert ran.stdout.count("Passed") == 6
