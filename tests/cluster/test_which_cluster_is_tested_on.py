"""The one that a variable names comes first; where none can be had, tests are left out with the reason."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_CONFTEST = "from tests.cluster.fixture import cluster, kubeconfig, node\n"
_TESTS = """
def test_a_cluster(kubeconfig): print(f"tested on {kubeconfig}")
def test_the_node(node): pass
"""
_NOBODY = ("unshare", "--user", "--")
"""Its user has no name and no number in there, root's neither."""


def _said(folder: Path, environment: Mapping[str, str], *prefix: str) -> str:
    """What pytest says of two tests: one needs a cluster, the other the node that is built here."""
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_it.py").write_text(_TESTS)
    command = [*prefix, sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", str(folder)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLATFORMCTL_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(_ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_one_that_is_named(tmp_path: Path) -> None:
    said = _said(tmp_path, {"PLATFORMCTL_TEST_KUBECONFIG": "/some/kubeconfig"})
    assert "tested on /some/kubeconfig" in said
    assert "needs the cluster that is built here, and PLATFORMCTL_TEST_KUBECONFIG names another" in said


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare: a user who is not root")
def test_none_without_root(tmp_path: Path) -> None:
    said = _said(tmp_path, {}, *_NOBODY)
    assert "2 skipped" in said
    assert "no test cluster: needs root, or PLATFORMCTL_TEST_KUBECONFIG" in said
