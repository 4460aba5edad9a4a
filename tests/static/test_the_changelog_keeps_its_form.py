"""https://keepachangelog.com/en/1.1.0/."""

import re
import tomllib

import pytest

from tests.static.markdown import ROOT

pytestmark = pytest.mark.quick

CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_each_version_has_a_date_and_the_newest_is_first() -> None:
    first, *versions = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert first == "[Unreleased]"
    matches = [re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - \d{4}-\d\d-\d\d", version) for version in versions]
    assert all(matches)
    numbers = [tuple(map(int, match.groups())) for match in matches if match]
    assert numbers == sorted(numbers, reverse=True)


def test_changes_are_listed_under_the_known_kinds() -> None:
    assert set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)) <= KINDS
    entries = [line for line in CHANGELOG.splitlines() if line.startswith("- ")]
    assert entries
    assert all(re.match(r"- [A-Z`]", line) for line in entries)


def test_the_version_of_the_project_is_released_or_to_be_released() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    released = re.findall(r"^## \[(\d[^]]*)\]", CHANGELOG, re.MULTILINE)
    assert released == [] or released[0] == project["version"]
