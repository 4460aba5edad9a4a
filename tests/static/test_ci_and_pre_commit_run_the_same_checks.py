import os
import subprocess

import pytest
import yaml

from tests.static.markdown import ROOT

pytestmark = pytest.mark.quick

CHECKS = ["lock --check", "ruff check", "ruff format --check", "mypy", "lint-imports"]


def hooks() -> list[str]:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    return [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]]


@pytest.mark.parametrize("check", CHECKS)
def test_each_static_check_runs_before_a_commit_and_in_ci(check: str) -> None:
    script = (
        (ROOT / ".ci/run").read_text("utf-8").replace('"$bin/', "").replace('"$uv', "uv").replace('"', "")
    )
    assert any(check in entry for entry in hooks())
    assert check in script


def test_the_configuration_of_pre_commit_is_valid() -> None:
    subprocess.run(
        [ROOT / ".venv/bin/pre-commit", "validate-config", ".pre-commit-config.yaml"], cwd=ROOT, check=True
    )


def test_ci_can_be_executed_and_is_shell() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
