import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

PROGRAM = """
import sys
from pathlib import Path
from platformctl.adapters.config import settings
from platformctl.domain.settings import Flags
settings(Flags(), {"HOME": "/nowhere"}, Path(sys.argv[1]))
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported(folder: Path) -> set[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_no_vendor_library_and_no_toml_parser_without_a_file(tmp_path: Path) -> None:
    found = imported(tmp_path)
    assert "platformctl" in found
    assert not found & {"pydantic", "yaml", "click", "mlflow", "tomllib"}


def test_the_toml_parser_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "platformctl.toml").write_text("[contexts.a]\n")
    found = imported(tmp_path)
    assert "tomllib" in found
    assert not found & {"pydantic", "yaml", "click", "mlflow"}
