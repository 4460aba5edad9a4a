"""What a process loads before a verb needs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

_PRINT_MODULES = """
import json, sys
from platformctl.cli.main import run
code = run(sys.argv[1:])
print("MODULES" + json.dumps(sorted(sys.modules)))
"""
_VENDORS = ("yaml", "mlflow", "kserve", "supervisor", "psutil", "kubernetes", "jinja2", "numpy", "packaging")


def modules(home: Path, *arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_MODULES, *arguments],
        env={**os.environ, "PLATFORMCTL_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.rpartition("MODULES")[2]))


def third_party(loaded: set[str]) -> set[str]:
    """The packages among them that are neither Python's own nor private."""
    tops = {name.partition(".")[0] for name in loaded}
    return {top for top in tops - sys.stdlib_module_names if not top.startswith(("_", "sitecustomize"))}


def test_help_loads_click_and_the_table(tmp_path: Path) -> None:
    loaded = modules(tmp_path, "--help")
    assert third_party(loaded) == {"click", "platformctl"}
    assert {name for name in loaded if name.startswith("platformctl")} == {
        "platformctl",
        "platformctl.cli",
        "platformctl.cli.main",
        "platformctl.cli.session",
    }


def test_status_loads_pydantic_and_no_other_vendor(tmp_path: Path) -> None:
    loaded = modules(tmp_path, "list")
    assert "platformctl.adapters.local.target" in loaded
    assert third_party(loaded) == {
        "annotated_types",
        "click",
        "platformctl",
        "pydantic",
        "pydantic_core",
        "typing_extensions",
        "typing_inspection",
    }


@pytest.mark.parametrize("verb", ["status", "predict", "promote", "history"])
def test_no_verb_loads_a_vendor_that_it_does_not_need(tmp_path: Path, verb: str) -> None:
    loaded = modules(tmp_path, verb, "churn")
    assert {name for name in _VENDORS if name in loaded} == set()


def test_yaml_is_loaded_for_those_who_ask_for_it(tmp_path: Path) -> None:
    assert "yaml" in modules(tmp_path, "list", "-o", "yaml")
