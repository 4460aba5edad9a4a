import os
from pathlib import Path

import pytest

from platformctl.adapters.spec_files import find, read
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.names import Name

pytestmark = pytest.mark.quick

TEXT = "metadata:\n  name: churn\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "churn.yaml").write_text(TEXT)
    return tmp_path


def refused(path: Path) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read(path)
    return caught.value


def test_a_file_is_read(folder: Path) -> None:
    assert read(folder / "churn.yaml").name == "churn"


def test_an_error_names_the_file(folder: Path) -> None:
    (folder / "churn.yaml").write_text(TEXT + "spec: 3\n")
    assert f"({folder}/churn.yaml, line 3)" in refused(folder / "churn.yaml").message


def test_a_missing_file_is_not_found_and_the_nearest_is_named(folder: Path) -> None:
    error = refused(folder / "chrun.yaml")
    assert isinstance(error, NotFound)
    assert error.message == f"there is no file {folder}/chrun.yaml"
    assert error.hint == "did you mean churn.yaml?"


def test_a_missing_folder_is_not_found(folder: Path) -> None:
    error = refused(folder / "specs" / "churn.yaml")
    assert isinstance(error, NotFound)
    assert error.hint is None


def test_a_folder_is_no_file(folder: Path) -> None:
    error = refused(folder)
    assert error.message == f"{folder} is a folder, not a file"
    assert error.hint == f"name a file in it, such as {folder}/churn.yaml"


def test_a_file_below_a_file(folder: Path) -> None:
    assert refused(folder / "churn.yaml" / "x").message.endswith("cannot be read: Not a directory")


def test_a_path_that_no_system_has(folder: Path) -> None:
    assert "cannot be read" in refused(folder / "a\0b").message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_permission(folder: Path) -> None:
    (folder / "churn.yaml").chmod(0)
    assert refused(folder / "churn.yaml").message.endswith("cannot be read: Permission denied")


def test_other_encodings_are_named_by_line(folder: Path) -> None:
    (folder / "churn.yaml").write_bytes(TEXT.encode() + "# größer\n".encode("latin-1"))
    error = refused(folder / "churn.yaml")
    assert error.message == f"not UTF-8 text ({folder}/churn.yaml, line 3)"
    (folder / "churn.yaml").write_text(TEXT, encoding="utf-16")
    assert "not UTF-8 text" in refused(folder / "churn.yaml").message


def test_a_byte_order_mark_is_no_fault(folder: Path) -> None:
    (folder / "churn.yaml").write_text(TEXT, encoding="utf-8-sig")
    assert read(folder / "churn.yaml").name == "churn"


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert "more than 256 KiB" in refused(Path("/dev/zero")).message


def test_a_deployments_file_is_found_by_its_name(folder: Path) -> None:
    assert find(folder, Name("churn")) == folder / "churn.yaml"
    assert find(folder, Name("fraud")) is None
    assert find(folder / "specs", Name("churn")) is None


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    (folder / "churn.json").write_text("{}")
    with pytest.raises(SpecError, match=r"has churn\.yaml and churn\.json"):
        find(folder, Name("churn"))
