import os
import stat
from pathlib import Path

import pytest

from platformctl.adapters.local.home import SOCKET_LIMIT, Home
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import RevisionId

pytestmark = pytest.mark.quick

REVISION = RevisionId("churn-v4-3f9a1c")


def test_a_home_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.create()
    folders = [home.root, *(entry for entry in home.root.iterdir() if entry.is_dir())]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def test_naming_a_home_makes_nothing(tmp_path: Path) -> None:
    Home.at(tmp_path / "home")
    assert list(tmp_path.iterdir()) == []


def test_sockets_are_in_the_home_if_its_path_is_short_enough() -> None:
    assert Home(Path("/srv/pc")).run == Path("/srv/pc/run")


@pytest.mark.parametrize("folder", ["a" * 90, "ä" * 45])
def test_sockets_of_a_long_home_are_in_the_temp_folder(folder: str) -> None:
    home = Home(Path("/srv") / folder)
    assert home.root not in home.run.parents
    sockets = [home.envoy_admin, home.supervisor_socket, home.socket(REVISION, 99)]
    assert all(len(os.fsencode(socket)) < SOCKET_LIMIT for socket in sockets)


def test_two_long_homes_have_sockets_of_their_own() -> None:
    assert Home(Path("/srv/" + "a" * 90)).run != Home(Path("/srv/" + "b" * 90)).run


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    home = Home.at(tmp_path / ("long" * 30))
    home.run.mkdir(mode=0o700)
    home.run.chmod(0o755)
    try:
        with pytest.raises(Refused, match="not a private folder") as refused:
            home.create()
        assert refused.value.hint
    finally:
        home.run.rmdir()


@pytest.mark.parametrize(
    "name", ['with"quote', "with;semicolon", "with\nnewline", "with#hash", "with%percent"]
)
def test_a_path_that_supervisord_cannot_take_is_refused_by_option(tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError) as refused:
        Home.at(tmp_path / name)
    assert refused.value.field == "--home"
    assert refused.value.hint


def test_purging_removes_what_we_made_and_nothing_else(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.create()
    home.state_file.write_text("{}")
    (home.root / "state.json.corrupt-0123").write_text("{")
    (home.root / "thesis.tex").write_text("precious")
    home.purge()
    assert [entry.name for entry in home.root.iterdir()] == ["thesis.tex"]


def test_purging_removes_an_empty_home(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.create()
    home.purge()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_we_did_not_make_is_not_purged(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(Refused, match="not a home folder of platformctl"):
        Home.at(tmp_path).purge()
    assert (tmp_path / "logs").is_dir()


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as refused:
        Home.at(tmp_path / "file" / "home").create()
    assert refused.value.hint


def test_a_folder_of_a_persons_own_is_neither_closed_nor_filled(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    tmp_path.chmod(0o755)
    with pytest.raises(SpecError, match=r"not empty: thesis\.tex") as refused:
        Home.at(tmp_path).create()
    assert refused.value.field == "--home"
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_home_that_has_only_a_lease_yet_is_ours(tmp_path: Path) -> None:
    (tmp_path / "leases").mkdir()
    Home.at(tmp_path).create()
    Home.at(tmp_path).create()
    assert (tmp_path / "logs").is_dir()
