"""What tests/conftest.py promises of every run, tried on small suites in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
INI = "[pytest]\nmarkers =\n    quick\n    full\n"


def run(folder: Path, tests: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text(INI)
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (folder / "test_it.py").write_text("import pytest\n" + tests)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "LEFT_OUT_FILE": str(folder / "left-out")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_without_a_tier_stops_the_run(tmp_path: Path) -> None:
    ended = run(tmp_path, "def test_lost(): pass\n", "-m", "quick")
    assert ended.returncode == 4
    assert "not in exactly one of the tiers quick, full:\n  test_it.py::test_lost" in ended.stderr


def test_a_test_in_both_tiers_stops_the_run(tmp_path: Path) -> None:
    ended = run(tmp_path, "@pytest.mark.quick\n@pytest.mark.full\ndef test_twice(): pass\n")
    assert ended.returncode == 4
    assert "test_it.py::test_twice" in ended.stderr


def test_skips_and_the_other_tier_are_named_at_the_end(tmp_path: Path) -> None:
    tests = (
        "@pytest.mark.quick\n@pytest.mark.skip(reason='needs root')\ndef test_disk(): pass\n"
        "@pytest.mark.full\ndef test_load(): pass\n"
    )
    ended = run(tmp_path, tests, "-m", "quick")
    assert ended.returncode == 0
    end = ended.stdout.partition("left out")[2]
    assert "test_it.py::test_disk: needs root\n1 tests of the tier full: pytest -m full\n" in end
    assert (tmp_path / "left-out").read_text() == "test_it.py::test_disk: needs root\n"


def test_a_run_that_left_out_nothing_says_so(tmp_path: Path) -> None:
    ended = run(tmp_path, "@pytest.mark.quick\ndef test_fine(): pass\n")
    assert "\nnothing\n" in ended.stdout.partition(" left out ")[2]
