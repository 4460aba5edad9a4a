"""Building takes minutes: nobody waits for the same twice, and nothing half built is ever taken for built."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import components, golang, places

pytestmark = pytest.mark.full

_ROOT = Path(__file__).parents[2]
_BUILD = """
from tests.cluster import build, components
print(build.build([components.SMALL])["small"])
"""


@contextmanager
def _building(cache: Path) -> Iterator[subprocess.Popen[str]]:
    compiled = golang.find(places.cache()).run(
        components.GO / "small", "env", "GOCACHE"
    )  # not all from nothing
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "GOCACHE": compiled}
    command = [sys.executable, "-c", _BUILD]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdout=pipe, stderr=pipe, text=True
    ) as process:
        yield process


def test_two_at_once_build_it_once(tmp_path: Path) -> None:
    with _building(tmp_path) as one, _building(tmp_path) as other:
        said = [process.communicate() for process in (one, other)]
    folders = {folder.strip() for folder, _ in said}
    assert len(folders) == 1
    assert sum(progress.count("small: built in") for _, progress in said) == 1
    assert {path.name for path in Path(folders.pop()).iterdir()} == {"pause", "answer"}


def test_what_was_killed_is_built_again(tmp_path: Path) -> None:
    with _building(tmp_path) as killed:
        assert killed.stderr is not None
        assert "building" in killed.stderr.readline()
        killed.kill()
    assert not list(tmp_path.glob("*/small-*"))
    with _building(tmp_path) as again:
        folder, progress = again.communicate()
    assert "small: built in" in progress
    assert (Path(folder.strip()) / "pause").exists()
    assert not list(tmp_path.glob("*/.small.*"))
