"""How models are found, read, and pointed at."""

from pathlib import Path

import pytest
import yaml

from platformctl.domain.errors import NotFound, Refused, Unreachable
from platformctl.domain.signatures import parse
from platformctl.domain.version_ref import Alias, Exact, Newest, VersionRef
from tests.contract.harness import RegistryHarness


def test_an_exact_version_is_pinned(registries: RegistryHarness) -> None:
    version = registries.registry.resolve(registries.model, Exact(1))
    assert (version.model, version.version, version.content) == (registries.model, "1", None)
    assert version.uri
    assert version.info.has_mlmodel


def test_resolving_twice_gives_the_same(registries: RegistryHarness) -> None:
    first = registries.registry.resolve(registries.model, Exact(2))
    assert registries.registry.resolve(registries.model, Exact(2)) == first


def test_versions_differ_in_where_they_are(registries: RegistryHarness) -> None:
    one, two = (registries.registry.resolve(registries.model, Exact(n)) for n in (1, 2))
    assert one.uri != two.uri


def test_the_newest_version_is_the_newest_that_can_serve(registries: RegistryHarness) -> None:
    assert registries.registry.resolve(registries.model, Newest()).version == "2"


def test_an_alias_is_read_back_where_it_was_moved(registries: RegistryHarness) -> None:
    for version in ("2", "1"):
        registries.registry.move_alias(registries.model, "champion", version)
        assert registries.registry.resolve(registries.model, Alias("champion")).version == version


def test_moving_an_alias_to_where_it_is_changes_nothing(registries: RegistryHarness) -> None:
    for _ in range(2):
        registries.registry.move_alias(registries.model, "again", "2")
    assert registries.registry.resolve(registries.model, Alias("again")).version == "2"


@pytest.mark.parametrize("ref", [Exact(99), Alias("nobody-set-this")], ids=["version", "alias"])
def test_what_the_model_does_not_have_is_not_found(registries: RegistryHarness, ref: VersionRef) -> None:
    with pytest.raises(NotFound) as missing:
        registries.registry.resolve(registries.model, ref)
    assert registries.model in str(missing.value)


@pytest.mark.parametrize("ref", [Exact(1), Alias("champion"), Newest()], ids=["version", "alias", "newest"])
def test_a_model_that_nobody_registered_is_not_found(registries: RegistryHarness, ref: VersionRef) -> None:
    with pytest.raises(NotFound) as missing:
        registries.registry.resolve("nobody registered this", ref)
    assert "nobody registered this" in str(missing.value)


@pytest.mark.parametrize("number", [3, 4], ids=["its files are deleted", "it is not READY"])
def test_a_version_that_cannot_serve_is_refused(registries: RegistryHarness, number: int) -> None:
    with pytest.raises(Refused):
        registries.registry.resolve(registries.model, Exact(number))


def test_one_file_is_read_as_it_is(registries: RegistryHarness) -> None:
    version = registries.registry.resolve(registries.model, Exact(1))
    files = registries.files("1")
    assert {path: registries.registry.read(version, path) for path in files} == dict(files)


def test_a_file_that_is_not_there_is_not_found(registries: RegistryHarness) -> None:
    version = registries.registry.resolve(registries.model, Exact(1))
    with pytest.raises(NotFound):
        registries.registry.read(version, "no-such-file.json")


def test_a_signature_is_that_of_the_mlmodel(registries: RegistryHarness) -> None:
    version = registries.registry.resolve(registries.model, Exact(1))
    said = yaml.safe_load(registries.files("1")["MLmodel"]).get("signature")
    found = registries.registry.signature(version)
    assert (found and found.model_dump(exclude_none=True)) == {
        part: text for part, text in said.items() if part in {"inputs", "outputs", "params"} and text
    }
    assert found is not None
    assert parse(found).inputs is not None


def test_a_model_of_no_kind_has_no_signature(registries: RegistryHarness) -> None:
    version = registries.registry.resolve(registries.model, Exact(1))
    bare = version.model_copy(update={"info": version.info.model_copy(update={"has_mlmodel": False})})
    assert registries.registry.signature(bare) is None


def test_a_download_is_complete(registries: RegistryHarness, tmp_path: Path) -> None:
    version = registries.registry.resolve(registries.model, Exact(2))
    registries.registry.download(version, tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    files = registries.files("2")
    assert found == set(files)
    assert {path: (tmp_path / path).read_bytes() for path in files} == dict(files)


def test_an_alias_is_not_moved_to_a_version_that_is_not_there(registries: RegistryHarness) -> None:
    registries.registry.move_alias(registries.model, "careful", "1")
    with pytest.raises(NotFound):
        registries.registry.move_alias(registries.model, "careful", "99")
    assert registries.registry.resolve(registries.model, Alias("careful")).version == "1"


def test_an_alias_of_a_model_that_nobody_registered_is_not_found(registries: RegistryHarness) -> None:
    with pytest.raises(NotFound):
        registries.registry.move_alias("nobody registered this", "champion", "1")


@pytest.mark.parametrize("ref", [Exact(1), Alias("champion"), Newest()], ids=["version", "alias", "newest"])
def test_a_registry_that_is_down_says_what_to_do(registries: RegistryHarness, ref: VersionRef) -> None:
    with pytest.raises(Unreachable) as unreachable:
        registries.unreachable.resolve(registries.model, ref)
    assert unreachable.value.hint


def test_a_registry_that_is_down_moves_no_alias(registries: RegistryHarness) -> None:
    with pytest.raises(Unreachable):
        registries.unreachable.move_alias(registries.model, "champion", "1")
