import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.kind.setting import ROOT, program
from tests.ports import free_port

pytestmark = pytest.mark.quick

_BASICS = ("bash", "dirname", "env", "grep", "mktemp", "rm", "rmdir", "sed")
_NEEDED = ("docker", "kind", "kubectl", "helm", "openssl", "platformctl")
_PLAIN = "#!/bin/sh\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Programs that all do nothing, and do it well."""
    programs = tmp_path / "bin"
    for name in _NEEDED:
        program(programs, name, _PLAIN)
    for name in _BASICS:
        (programs / name).symlink_to(str(shutil.which(name)))
    return programs


def kind_sh(path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": str(path), "KIND_FOLDER": str(path.parent / "demo"), **more}
    ports = {"KIND_GATEWAY_PORT": str(free_port()), "KIND_MLFLOW_PORT": str(free_port())}
    command = ["bash", str(ROOT / "hack/kind.sh"), *arguments]
    return subprocess.run(command, env={**ports, **environ}, capture_output=True, text=True, check=False)


def test_a_machine_that_has_all(path: Path) -> None:
    done = kind_sh(path, "check")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["docker", "kind", "kubectl", "helm", "openssl"])
def test_a_program_that_is_not_there(path: Path, name: str) -> None:
    (path / name).unlink()
    done = kind_sh(path, "up")
    assert done.returncode == 1
    assert f"error: {name} is not installed\nhint: " in done.stderr


def test_docker_that_does_not_run(path: Path) -> None:
    program(path, "docker", "#!/bin/sh\nexit 1\n")
    assert "its daemon does not answer\nhint: start it" in kind_sh(path, "up").stderr


def test_a_port_that_is_taken(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        done = kind_sh(path, "up", KIND_GATEWAY_PORT=taken)
    assert done.returncode == 1
    assert f"port {taken} of this machine is taken\nhint: name another one: KIND_GATEWAY_PORT=" in done.stderr


def test_a_folder_of_somebody_elses(path: Path) -> None:
    (path.parent / "demo").mkdir()
    (path.parent / "demo/churn.csv").touch()
    assert "is there, and no cluster of ours: it is not touched" in kind_sh(path, "up").stderr
    kind_sh(path, "down")
    assert (path.parent / "demo/churn.csv").exists()


def test_a_step_that_does_not_exist(path: Path) -> None:
    done = kind_sh(path, "everything")
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "usage")
