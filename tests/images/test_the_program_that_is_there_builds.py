"""Real processes: what stands for docker, podman and buildah notes what it is told."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.images.tools import choose
from platformctl.domain.errors import Refused, SpecError, Unreachable
from platformctl.usecases.image import Image, Request, Workshop, build, plan
from tests.fakes import FakeRegistry
from tests.images.heard import Heard

pytestmark = pytest.mark.quick

_PROGRAM = """\
#!{python}
import json, pathlib, sys
folder, name, words = pathlib.Path({folder!r}), pathlib.Path(sys.argv[0]).name, sys.argv[1:]
if words[0] in ("version", "info", "images"):
    sys.exit({works})
if "inspect" in words:
    there = folder / "there"
    print(there.read_text() if there.exists() else "")
    sys.exit(0 if there.exists() else 125)
told = {{"name": name, "words": words}}
if words[0] == "build":
    context = pathlib.Path(words[-1])
    told["files"] = sorted(str(p.relative_to(context)) for p in context.rglob("*") if p.is_file())
    told["secrets"] = {{}}
    for word in words:
        if word.startswith("id="):
            known, _, path = word.removeprefix("id=").partition(",src=")
            told["secrets"][known] = pathlib.Path(path).read_text()
    print("STEP 1")
with (folder / "told").open("a") as file:
    file.write(json.dumps(told) + "\\n")
sys.exit({ends})
"""


@dataclass
class Machine:
    """A PATH on which there is what a test puts there."""

    folder: Path
    heard: Heard = field(default_factory=Heard)

    def has(self, name: str, *, works: bool = True, ends: int = 0) -> None:
        program = self.folder / "bin" / name
        text = _PROGRAM.format(
            python=sys.executable, folder=str(self.folder), works="0" if works else "'not running'", ends=ends
        )
        program.write_text(text)
        program.chmod(0o755)

    def build(
        self, request: Request | None = None, tool: str | None = None, **environ: str
    ) -> Sequence[Image]:
        """Build the stock images, as the verb does."""
        chosen = choose(tool, {"PATH": str(self.folder / "bin"), **environ})
        workshop = Workshop(FakeRegistry(), self.heard, source="5e12", version="0.1.0")
        wanted = request or Request()
        return build(workshop, chosen, plan(workshop, wanted), push=wanted.push)

    @property
    def told(self) -> list[dict[str, Any]]:
        file = self.folder / "told"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    return Machine(tmp_path)


def test_docker_comes_first_where_its_daemon_answers(machine: Machine) -> None:
    for name in ("docker", "podman", "buildah"):
        machine.has(name)
    machine.build()
    assert [told["name"] for told in machine.told] == ["docker", "docker", "docker"]


def test_a_docker_without_its_daemon_is_passed_over(machine: Machine) -> None:
    machine.has("docker", works=False)
    machine.has("buildah")
    assert machine.build()
    assert machine.told[0]["name"] == "buildah"


def test_the_one_that_was_asked_for_is_taken_or_refused(machine: Machine) -> None:
    machine.has("docker")
    machine.has("buildah")
    machine.build(tool="buildah")
    assert machine.told[0]["name"] == "buildah"
    with pytest.raises(SpecError, match="podman is not installed"):
        machine.build(tool="podman")


def test_without_any_it_says_what_to_install(machine: Machine) -> None:
    with pytest.raises(SpecError, match="there is no docker, podman or buildah on this machine") as refused:
        machine.build()
    assert "apt-get install buildah" in str(refused.value.hint)


def test_one_that_does_not_work_is_a_service_that_cannot_be_reached(machine: Machine) -> None:
    machine.has("docker", works=False)
    with pytest.raises(Unreachable, match=r"docker: its daemon does not answer \(not running\)"):
        machine.build()


def test_it_is_told_what_to_build(machine: Machine) -> None:
    machine.has("buildah")
    made = machine.build(Request(base="localhost/python:12", prefix="ghcr.io/team"))
    predictor, transformer, storage = machine.told
    words = predictor["words"]
    assert "BASE=localhost/python:12" in words
    assert "EXTRAS=onnx,sklearn" in words
    assert words[words.index("--file") + 1].endswith("/predictors/Dockerfile")
    assert words[words.index("--tag") + 1] == made[0].wanted.reference
    assert {"pyproject.toml", "uv.lock", "predictors/image/install.py"} <= set(predictor["files"])
    assert [path for path in predictor["files"] if "__pycache__" in path] == []
    assert transformer["words"][2].endswith("/transformers/Dockerfile")
    assert storage["words"][2].endswith("/storage/Dockerfile")
    assert [word for word in storage["words"] if word.startswith("EXTRAS")] == []
    assert not Path(words[-1]).exists()


def test_an_image_of_the_same_recipe_is_not_built_again(machine: Machine) -> None:
    machine.has("docker")
    first, *_ = machine.build()
    label = f"io.platformctl.recipe={first.wanted.recipe.digest}"
    assert label in machine.told[0]["words"]
    (machine.folder / "there").write_text(first.wanted.recipe.digest)
    assert [image.built for image in machine.build()] == [False, True, True]
    assert "localhost/platformctl-predictor:0.1.0 is there already" in machine.heard.texts


def test_the_way_to_the_index_is_a_secret_of_the_build(machine: Machine, tmp_path: Path) -> None:
    machine.has("docker")
    certificates = tmp_path / "ca.pem"
    certificates.write_text("-----BEGIN CERTIFICATE-----\n")
    index = "https://ann:s3cret@pypi.example.com/simple"
    machine.build(PIP_INDEX_URL=index, SSL_CERT_FILE=str(certificates), HTTPS_PROXY="http://proxy:3128")
    told = machine.told[0]
    assert told["secrets"] == {
        "network": f"HTTPS_PROXY=http://proxy:3128\nPIP_INDEX_URL={index}\n",
        "ca": certificates.read_text(),
    }
    assert "s3cret" not in json.dumps(told["words"])


def test_without_one_there_is_no_secret(machine: Machine) -> None:
    machine.has("docker")
    machine.build(PIP_FIND_LINKS="/opt/somewhere", SSL_CERT_FILE="/is/not/there.pem")
    assert machine.told[0]["secrets"] == {}


def test_a_build_that_fails_is_the_answer_no(machine: Machine) -> None:
    machine.has("docker", ends=17)
    with pytest.raises(Refused, match=r"docker could not build localhost/.*: it ended with 17"):
        machine.build()
    assert len(machine.told) == 1


def test_pushing_is_the_programs_own(machine: Machine) -> None:
    machine.has("buildah")
    machine.build(Request(prefix="ghcr.io/team", push=True))
    assert machine.told[1]["words"] == ["push", "ghcr.io/team/platformctl-predictor:0.1.0"]


def test_data_goes_to_stdout_and_what_the_program_prints_to_stderr(machine: Machine) -> None:
    machine.has("podman")
    done = subprocess.run(
        [sys.executable, "-m", "platformctl", "image", "build"],
        env={"PATH": str(machine.folder / "bin"), "PLATFORMCTL_HOME": str(machine.folder / "home")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        "localhost/platformctl-predictor",
        "localhost/platformctl-transformer",
        "localhost/platformctl-storage",
    ]
    assert done.stderr.count("STEP 1") == 3
    assert "tool: podman" in done.stderr
