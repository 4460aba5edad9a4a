"""A folder instead of a registry: found, pinned by its content, and read."""

from pathlib import Path

import pytest

from platformctl.adapters.registry.either import FolderOrRegistry
from platformctl.adapters.registry.files import digest_of_folder
from platformctl.adapters.registry.folder import FolderRegistry
from platformctl.domain.errors import NotFound, Refused, SpecError
from platformctl.domain.revision import ModelInfo
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import Folder, Newest
from platformctl.ports import Registry

pytestmark = pytest.mark.quick

_MLMODEL = "flavors:\n  sklearn: {}\nsignature:\n  inputs: '[]'\n"
_ROOT = Folder(".")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "model"
    (inside / "data").mkdir(parents=True)
    (inside / "MLmodel").write_text(_MLMODEL)
    (inside / "data" / "model.skops").write_bytes(b"weights")
    return inside


def test_it_is_pinned_by_what_is_in_it(folder: Path) -> None:
    pinned = FolderRegistry(folder).resolve("churn", _ROOT)
    assert (pinned.model, pinned.version, pinned.uri) == ("churn", None, str(folder))
    assert pinned.content == digest_of_folder(folder)
    said = SignatureText(inputs="[]")
    assert pinned.info == ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True, signature=said)


def test_a_path_is_relative_to_the_specs_folder(folder: Path) -> None:
    assert FolderRegistry(folder.parent).resolve("churn", Folder("model")).uri == str(folder)
    assert FolderRegistry(Path("/")).resolve("churn", Folder(str(folder))).uri == str(folder)


def test_the_digest_is_of_names_and_bytes_and_is_the_same_everywhere(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c").write_bytes(b"23")
    # sha256 of b"1:a1:1" + b"3:b/c2:23"
    assert digest_of_folder(tmp_path) == "b7d4b4631184884e4d2bfe284d703f4c8088d79c75ef67b5cbda2d3ce56d8ed6"


@pytest.mark.parametrize(
    "name", ["__pycache__/x.pyc", ".DS_Store", "data/.DS_Store", "data/__pycache__/y.pyc"]
)
def test_what_comes_and_goes_by_itself_does_not_count(folder: Path, tmp_path: Path, name: str) -> None:
    before = digest_of_folder(folder)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"x")
    assert digest_of_folder(folder) == before
    copied = tmp_path / "copied"
    copied.mkdir()
    registry = FolderRegistry(folder)
    registry.download(registry.resolve("churn", _ROOT), copied)
    assert digest_of_folder(copied) == before


@pytest.mark.parametrize(("name", "content"), [("data/model.skops", "x"), ("new", ""), ("data/new", "")])
def test_any_other_change_does(folder: Path, name: str, content: str) -> None:
    before = digest_of_folder(folder)
    (folder / name).write_text(content)
    assert digest_of_folder(folder) != before


def test_moving_bytes_from_one_file_to_the_next_changes_the_digest(tmp_path: Path) -> None:
    digests = set()
    for first, second in [("ab", "c"), ("a", "bc"), ("abc", "")]:
        (tmp_path / "1").write_text(first)
        (tmp_path / "2").write_text(second)
        digests.add(digest_of_folder(tmp_path))
    assert len(digests) == 3


@pytest.mark.parametrize("name", ["model.joblib", "model.pkl", "model.skops", "model.onnx"])
def test_one_bare_model_file_will_do(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"12345")
    assert FolderRegistry(tmp_path).resolve("churn", _ROOT).info == ModelInfo(size_bytes=5)


def test_two_bare_model_files_are_one_too_many(tmp_path: Path) -> None:
    for name in ("model.pkl", "model.joblib"):
        (tmp_path / name).write_bytes(b"1")
    with pytest.raises(SpecError, match=r"holds 2 models: model\.joblib, model\.pkl"):
        FolderRegistry(tmp_path).resolve("churn", _ROOT)


def test_an_empty_folder_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as error:
        FolderRegistry(tmp_path).resolve("churn", _ROOT)
    hint = "it needs an MLmodel file, or one of model.joblib, model.pkl, model.skops, model.onnx"
    assert error.value.hint == hint


def test_a_predictor_of_ones_own_reads_what_it_likes(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(b"{}")
    before = FolderRegistry(tmp_path).resolve("score", Folder(".", any_files=True))
    assert before.info == ModelInfo()
    (tmp_path / "card.json").write_bytes(b"[]")
    after = FolderRegistry(tmp_path).resolve("score", Folder(".", any_files=True))
    assert before.content != after.content


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no folder"):
        FolderRegistry(tmp_path).resolve("churn", Folder("nowhere"))


def test_a_file_instead_of_a_folder(folder: Path) -> None:
    with pytest.raises(SpecError, match="is a file, not a folder") as error:
        FolderRegistry(folder).resolve("churn", Folder("MLmodel"))
    assert str(folder) in str(error.value.hint)


@pytest.mark.parametrize("text", ["a: [", "just words", "- a\n- b\n"])
def test_an_mlmodel_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "MLmodel").write_text(text)
    with pytest.raises(Refused, match="not a YAML mapping"):
        FolderRegistry(folder).resolve("churn", _ROOT)


def test_files_that_change_after_they_were_pinned_are_not_downloaded_as_if_they_had_not(
    folder: Path, tmp_path: Path
) -> None:
    registry = FolderRegistry(folder)
    pinned = registry.resolve("churn", _ROOT)
    (folder / "data" / "model.skops").write_bytes(b"others")
    copied = tmp_path / "copied"
    copied.mkdir()
    with pytest.raises(Refused, match="has changed since"):
        registry.download(pinned, copied)


def test_one_file_is_read(folder: Path) -> None:
    registry = FolderRegistry(folder)
    pinned = registry.resolve("churn", _ROOT)
    assert registry.read(pinned, "data/model.skops") == b"weights"
    with pytest.raises(NotFound):
        registry.read(pinned, "data/none")
    with pytest.raises(Refused, match="not a path inside"):
        registry.read(pinned, "../secret")


def test_it_has_no_versions_and_no_aliases(folder: Path) -> None:
    registry = FolderRegistry(folder)
    with pytest.raises(SpecError, match="no versions"):
        registry.resolve("churn", Newest())
    with pytest.raises(SpecError, match="no alias"):
        registry.move_alias("churn", "champion", "1")


def test_a_deployment_that_knows_only_folders_asks_no_registry(folder: Path, tmp_path: Path) -> None:
    def connect() -> Registry:
        raise AssertionError("nobody should ask")

    either = FolderOrRegistry(FolderRegistry(folder), connect)
    pinned = either.resolve("churn", _ROOT)
    assert either.read(pinned, "MLmodel") == _MLMODEL.encode()
    copied = tmp_path / "copied"
    copied.mkdir()
    either.download(pinned, copied)
    assert digest_of_folder(copied) == pinned.content
    with pytest.raises(AssertionError, match="nobody should ask"):
        either.resolve("churn", Newest())
