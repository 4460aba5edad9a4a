"""All of docs/kind.md and hack/kind.sh but kind and Docker themselves, on a cluster of the test's own."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cluster.requirements import Unavailable, require, require_built
from tests.kind.setting import ROOT, environment
from tests.ports import free_port

pytestmark = [pytest.mark.full, pytest.mark.cluster, pytest.mark.timeout(1800)]

_GATEWAY_PORT = "8880"
"""As the page has it."""


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def machine(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Mapping[str, str]]:
    try:
        require("all")
        require_built("all")
    except Unavailable as error:
        pytest.skip(f"no test cluster: {error}")
    environ = environment(tmp_path, *ports)
    for name in ("hack", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    yield environ
    subprocess.run(["hack/kind.sh", "down"], cwd=tmp_path, env=environ, check=True)


def test_from_nothing_to_a_promoted_canary_and_back(
    machine: Mapping[str, str], tmp_path: Path, ports: tuple[int, int]
) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs/kind.md").read_text(), re.MULTILINE | re.DOTALL)
    script = "\n".join(blocks).replace(f":{_GATEWAY_PORT}/", f":{ports[0]}/")
    assert script.count("hack/kind.sh") == 2
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=machine,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert '{"name":"churn","ready":true}' in done.stdout
    [canary] = re.findall(r"^churn-v2-\S+ +(\d+) +\d+\.\d %", done.stdout, re.MULTILINE)
    assert 10 <= int(canary) <= 30, said  # of 200: each of the gateway's threads counts for itself
    assert re.search(r"^churn-v2-\S+ +stable .* 100 %", done.stdout, re.MULTILINE), said
    assert not (tmp_path / "kind-demo").exists()
