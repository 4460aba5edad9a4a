import os
import subprocess
import sys
from pathlib import Path

import pytest

from platformctl.adapters.spec_files import parse
from platformctl.cli.asked import anchored
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

HEAD = "metadata: {name: churn}\nspec:\n"


def deploy(home: Path, spec: str) -> subprocess.CompletedProcess[str]:
    """What `platformctl deploy -f -` says to a spec, where no stack is up."""
    command = [sys.executable, "-m", "platformctl", "deploy", "-f", "-"]
    environment = {**os.environ, "PLATFORMCTL_HOME": str(home)}
    return subprocess.run(
        command, input=spec, env=environment, text=True, capture_output=True, check=False, timeout=60
    )


def test_a_spec_on_standard_input_is_read(tmp_path: Path) -> None:
    ended = deploy(tmp_path / "home", HEAD + "  canary: 10\n")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.endswith("error: the local stack is not up\nhint: platformctl up\n")


def test_an_error_in_it_names_standard_input_and_the_line(tmp_path: Path) -> None:
    ended = deploy(tmp_path / "home", HEAD + "  canary: 130\n")
    assert ended.returncode == 2
    assert ended.stderr == (
        "error: spec.canary: a canary has 1 to 99 percent, not 130 (standard input, line 3)\n"
        "hint: write a share such as 10\n"
    )


def test_relative_paths_start_at_the_specs_folder() -> None:
    spec = parse(HEAD + '  model: {path: model}\n  predictor: {class: "a:B", path: ../code}\n')
    found = anchored(spec, Path("/shop/specs")).spec
    assert found.model.path == "/shop/specs/model"
    assert getattr(found.predictor, "path", None) == "/shop/code"


def test_a_home_that_is_nobodys_is_an_error_and_not_a_traceback() -> None:
    spec = parse(HEAD + "  model: {path: ~nobody-has-this-name/model}\n")
    with pytest.raises(SpecError, match="names a person whose home is not known"):
        anchored(spec, Path("/shop/specs"))
