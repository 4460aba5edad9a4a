import re
import tomllib
from pathlib import Path

import pytest

from platformctl.adapters.images import context
from platformctl.domain.images import PYTHONS, base
from platformctl.usecases.image import EXTRAS

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
PREDICTOR, TRANSFORMER, STORAGE = (
    ROOT / f"{part}/Dockerfile" for part in ("predictors", "transformers", "storage")
)


def instructions(dockerfile: Path) -> list[str]:
    """Each with its continuation lines, without comments."""
    bare = re.sub(r"^#.*\n", "", dockerfile.read_text("utf-8"), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", "", bare)
    return [line for line in joined.splitlines() if line]


def argument(dockerfile: Path, name: str) -> str:
    (default,) = re.findall(rf"^ARG {name}=(.*)$", dockerfile.read_text("utf-8"), re.MULTILINE)
    return str(default)


def test_what_is_built_by_hand_is_what_the_program_builds() -> None:
    assert argument(PREDICTOR, "EXTRAS") == ",".join(EXTRAS)
    assert argument(TRANSFORMER, "EXTRAS") == ""
    bases = {argument(dockerfile, "BASE") for dockerfile in (PREDICTOR, TRANSFORMER, STORAGE)}
    assert bases == {base(PYTHONS[0])}


def test_a_transformer_is_a_predictor_without_its_libraries() -> None:
    theirs, ours = instructions(TRANSFORMER), instructions(PREDICTOR)
    only = [line.partition(" ")[0] for line in theirs if line not in ours]
    assert only == ["ARG", "LABEL"]
    assert [line.partition(" ")[0] for line in ours if line not in theirs] == ["ARG", "ARG", "RUN", "LABEL"]


def test_the_pythons_are_those_of_the_servers() -> None:
    project = tomllib.loads((ROOT / "predictors/pyproject.toml").read_text("utf-8"))["project"]
    first, last = PYTHONS[0], PYTHONS[-1].partition(".")[2]
    assert project["requires-python"] == f">={first},<3.{int(last) + 1}"


def test_the_wheel_brings_what_a_checkout_has() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    brought = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    parts = {
        part: place for part, place in brought.items() if place.startswith("platformctl/adapters/images/")
    }
    assert parts == {part: f"platformctl/adapters/images/context/{part}" for part in context.PARTS}
    assert context.root() == ROOT


def test_an_unwatched_build_by_hand_takes_no_more_than_that() -> None:
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert sorted(line[1:] for line in kept if line.startswith("!")) == sorted(context.PARTS)
    assert "*" in kept
