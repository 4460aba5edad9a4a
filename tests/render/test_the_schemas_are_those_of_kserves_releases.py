import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from platformctl.domain.cluster import KSERVE_VERSIONS

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]


def test_the_script_writes_what_is_committed(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        pytest.skip("the CRDs come by `go mod download`, and there is no go")
    subprocess.run([sys.executable, ROOT / "hack/kserve_schemas.py", tmp_path], check=True)
    committed = ROOT / "schemas/kserve"
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in committed.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_text() == (committed / path.name).read_text(), "python hack/kserve_schemas.py"


def test_there_is_one_for_each_version() -> None:
    known = {
        path.stem.partition("-")[2] for path in (ROOT / "schemas/kserve").glob("inferenceservice-*.json")
    }
    assert known == set(KSERVE_VERSIONS)
