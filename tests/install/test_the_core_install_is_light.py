"""Without extras little comes along beside click, pydantic and YAML; manifests are made, verbs speak."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.install.conftest import install, run
from tests.render.cases import record

pytestmark = pytest.mark.full


@pytest.fixture(scope="module", name="core")
def one_core(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of an environment without extras."""
    return install(tmp_path_factory.mktemp("core") / "venv", wheels)


@pytest.fixture
def home() -> Iterator[str]:
    """A home of its own."""
    with tempfile.TemporaryDirectory(prefix="pc-") as folder:
        yield folder


def test_it_brings_five_libraries_and_what_those_need(core: Path) -> None:
    listed = run(
        *(core.with_name("python"), "-c"),
        "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))",
    )
    brought = {name.lower().replace("_", "-") for name in json.loads(listed.stdout)}
    own = {"platformctl", "click", "jinja2", "jsonschema-rs", "pydantic", "pyyaml"}
    theirs = {"annotated-types", "markupsafe", "pydantic-core", "typing-extensions", "typing-inspection"}
    assert brought == own | theirs


def test_it_says_what_it_is(core: Path, home: str) -> None:
    assert run(core, "version", PLATFORMCTL_HOME=home).stdout.startswith("platformctl ")


@pytest.mark.parametrize("verb", ["up", "demo"])
def test_what_needs_the_stack_says_what_to_install(core: Path, home: str, verb: str) -> None:
    ended = run(core, verb, PLATFORMCTL_HOME=home)
    assert ended.returncode == 2
    assert "hint: install the extra 'local'; " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_manifests_are_rendered_with_it(core: Path, home: str, tmp_path: Path) -> None:
    recorded = record("s3://models/churn", tmp_path)
    ended = run(
        *(core, "render", "churn", "--target", "cluster", "--recorded", str(recorded)), PLATFORMCTL_HOME=home
    )
    assert ended.returncode == 0, ended.stderr
    assert "kind: InferenceService" in ended.stdout


def test_doctor_says_what_is_missing_and_does_not_need_it(core: Path, home: str) -> None:
    ended = run(core, "doctor", PLATFORMCTL_HOME=home)
    assert ended.returncode == 1
    assert "fail  extra local" in ended.stdout
    assert "ok    home" in ended.stdout
    assert ended.stderr == ""


def test_a_spec_is_checked_before_anything_is_needed(core: Path, home: str, tmp_path: Path) -> None:
    spec = tmp_path / "churn.yaml"
    spec.write_text("metadata: {name: churn}\nspec: {canary: 130}\n")
    ended = run(core, "deploy", "-f", str(spec), PLATFORMCTL_HOME=home)
    assert ended.returncode == 2
    assert "spec.canary: a canary has 1 to 99 percent, not 130" in ended.stderr
