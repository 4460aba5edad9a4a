"""What README.md promises: short, two `sh` blocks, and that CI runs the second exactly as it is written."""

import re
import subprocess

import pytest

from tests.static.markdown import ROOT, blocks

pytestmark = pytest.mark.quick

README = ROOT / "README.md"


def test_the_readme_has_less_than_100_lines() -> None:
    assert len(README.read_text("utf-8").splitlines()) < 100


def test_the_first_block_installs_everything_and_runs_the_demo() -> None:
    first, _ = blocks(README, "sh")
    assert first.splitlines()[-1] == ".venv/bin/platformctl demo"
    assert "uv sync --locked --all-extras" in first


def test_the_second_block_works_by_itself_on_a_clean_checkout() -> None:
    first, second = blocks(README, "sh")
    install = first.splitlines()[:-1]
    assert second.splitlines() == [*install, ".venv/bin/pytest -m quick -n 2 --dist loadfile"]


def test_both_blocks_are_shell() -> None:
    for block in blocks(README, "sh"):
        subprocess.run(["bash", "-n", "-c", block], check=True)


def test_ci_extracts_the_second_block_to_the_letter() -> None:
    script = (ROOT / ".ci/run").read_text("utf-8")
    function = re.search(r"^readme_block\(\) \{.*?^\}$", script, re.MULTILINE | re.DOTALL)
    assert function
    block = subprocess.run(
        ["bash", "-euc", f"{function[0]}; readme_block 2"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    assert block.stdout.decode() == blocks(README, "sh")[1]
    assert 'step "README\'s second block" bash -euo pipefail -c "$(readme_block 2)"' in script
