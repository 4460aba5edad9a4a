import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.local import files
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.state import State, StateFile
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.revision import ModelVersion, Revision
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route

pytestmark = pytest.mark.quick


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Home]:
    """A home on a file system of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a full disk: mounting a small one takes root and the right to mount")
    home = Home.at(disk / "home")
    home.create()
    yield home
    subprocess.run(["umount", str(disk)], check=True)


def _fill(home: Home) -> None:
    with (home.root / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def test_the_old_state_stays_when_the_new_one_has_no_room(tiny: Home) -> None:
    states = StateFile(tiny)
    old = State().with_commit(Name("churn"), Route(), Rollout(), "ada")
    states.write(old)
    _fill(tiny)
    with pytest.raises(Refused, match="No space left on device") as refused:
        states.write(old.with_commit(Name("fraud"), Route(), Rollout(), "b" * 10_000))
    assert "free some space" in (refused.value.hint or "")
    assert states.read() == old
    assert not list(tiny.root.glob(".state.json*"))


def test_a_model_without_room_is_not_left_in_part(tiny: Home) -> None:
    revision = Revision(deployment=Name("churn"), model=ModelVersion(model="churn", version="1", uri="/x"))

    def download(_: ModelVersion, folder: Path) -> None:
        (folder / "model.pkl").write_bytes(b"x" * 2_000_000)

    with pytest.raises(Refused, match="No space left on device"):
        files.fetch(tiny, revision, download, str)
    assert list(tiny.revisions.iterdir()) == []


def test_what_a_killed_download_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    home.create()
    nobody = subprocess.Popen(["true"])
    nobody.wait()
    left = home.revisions / f".building-{nobody.pid}-churn-v1-aaaaaa"
    left.mkdir()
    revision = Revision(deployment=Name("churn"), model=ModelVersion(model="churn", version="2", uri="/x"))
    files.fetch(home, revision, lambda _, folder: (folder / "MLmodel").touch(), str)
    assert [folder.name for folder in home.revisions.iterdir()] == [revision.id]
