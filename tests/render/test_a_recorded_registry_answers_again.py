import json
from pathlib import Path

import pytest

from platformctl.adapters.registry.recorded import SCHEMA, Recorded, Recording
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest, VersionRef
from tests.fakes.registry import FakeRegistry, FakeVersion

pytestmark = pytest.mark.quick

ASKED: tuple[VersionRef, ...] = (Alias("champion"), Exact(2), Newest(), Folder("/models/churn"))


@pytest.fixture
def recording() -> Recording:
    registry = FakeRegistry(folders={"/models/churn": {"model.joblib": b"1"}})
    registry.register("churn", FakeVersion(), FakeVersion())
    registry.aliases["churn", "champion"] = "1"
    return Recording(registry)


def test_the_same_questions_have_the_same_answers(recording: Recording, tmp_path: Path) -> None:
    first = [recording.resolve("churn", ref) for ref in ASKED]
    with pytest.raises(NotFound) as missing:
        recording.resolve("churn", Alias("challenger"))
    recording.write(tmp_path / "registry.json")
    again = Recorded(tmp_path / "registry.json")
    assert [again.resolve("churn", ref) for ref in reversed(ASKED)] == first[::-1]
    with pytest.raises(NotFound) as still:
        again.resolve("churn", Alias("challenger"))
    assert (still.value.message, still.value.hint) == (missing.value.message, missing.value.hint)


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        (Alias("champion"), "alias champion of churn"),
        (Exact(9), "version 9 of churn"),
        (Newest(), "the newest version of churn"),
        (Folder("/models/other"), "the folder /models/other of churn"),
    ],
)
def test_a_question_that_nobody_had_asked_is_named(
    recording: Recording, tmp_path: Path, ref: VersionRef, said: str
) -> None:
    recording.write(tmp_path / "registry.json")
    with pytest.raises(SpecError, match=said) as refused:
        Recorded(tmp_path / "registry.json").resolve("churn", ref)
    assert not isinstance(refused.value, NotFound), "a rule that may find nothing would pass it over"
    assert refused.value.hint
    assert "--record" in refused.value.hint


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"schema": "x"}', json.dumps({"schema": SCHEMA, "answers": [{"model": "churn"}]})],
)
def test_what_is_no_record_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "registry.json"
    path.write_text(content)
    with pytest.raises(SpecError, match="is no record of a registry"):
        Recorded(path)


def test_a_version_that_is_none_is_refused(recording: Recording, tmp_path: Path) -> None:
    recording.resolve("churn", Newest())
    path = tmp_path / "registry.json"
    recording.write(path)
    path.write_text(path.read_text().replace('"uri"', '"url"'))
    with pytest.raises(SpecError, match="is no record of a registry"):
        Recorded(path).resolve("churn", Newest())


def test_files_are_not_recorded(recording: Recording, tmp_path: Path) -> None:
    version = recording.resolve("churn", Newest())
    recording.write(tmp_path / "registry.json")
    with pytest.raises(SpecError, match="MLmodel of churn v2"):
        Recorded(tmp_path / "registry.json").read(version, "MLmodel")


def test_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        Recorded(tmp_path / "none.json")
