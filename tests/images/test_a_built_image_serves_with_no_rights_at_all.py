"""The stock images, built on a Debian of debootstrap and run as a careful cluster would."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.building import ONLY_HERE
from tests.images.conftest import Build
from tests.images.container import READY_SECONDS, Container, Place, running, started
from tests.ports import free_port

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

ROWS = [[2.0, 0.0], [-2.0, 0.0]]
MOST_MEGABYTES = {"predictor": 620, "transformer": 420}
"""On top of the base; docs/images.md has what was measured."""

_WRITES = """
import pathlib
for path in ("/opt/platformctl/x", "/etc/x", "/var/tmp/x", "/home/x", "/x", "/mnt/models/x", "/tmp/x"):
    try:
        pathlib.Path(path).write_text("x")
        print(path)
    except OSError:
        pass
"""


def settings(port: int, grpc: int | None = None, **more: object) -> dict[str, object]:
    return {
        "schema_version": 1,
        "model_name": "churn",
        "revision": "churn-v1-3f9a1c",
        "listen": {"host": "127.0.0.1", "http": port, "grpc": grpc},
        **more,
    }


@pytest.fixture(scope="module", name="predictor")
def one_predictor(place: Place, stock: dict[str, str], model: Path) -> Iterator[Container]:
    content = settings(free_port(), free_port(), predictor={"kind": "auto", "output": "both"})
    with running(place, stock["predictor"], content, model) as container:
        yield container


def test_it_answers_both_protocols_and_the_judge(predictor: Container) -> None:
    answer = predictor.post("/v1/models/churn:predict", {"instances": ROWS})
    assert answer["predictions"] == [True, False]
    tensor = {"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [2.0, 0.0, -2.0, 0.0]}
    outputs = predictor.post("/v2/models/churn/infer", {"inputs": [tensor]})["outputs"]
    assert outputs[0]["data"] == [True, False]
    assert 'platformctl_requests_total{code="200",model="churn",protocol="v1"' in predictor.get("/metrics")


def test_a_transformer_of_its_own_asks_it(
    place: Place, stock: dict[str, str], predictor: Container, tmp_path: Path
) -> None:
    content = settings(
        free_port(),
        predictor={"kind": "remote", "address": f"127.0.0.1:{predictor.grpc_port}"},
        transformer={"features": {"rename": {"BALANCE": "balance"}, "default": {"age": 40.0}}},
    )
    with running(place, stock["transformer"], content, tmp_path) as container:
        rows = [{"BALANCE": 2.0}, {"BALANCE": -2.0}]
        answer = container.post("/v1/models/churn:predict", {"instances": rows})
        assert answer["predictions"] == [True, False]
        assert container.stop() == 0


def test_it_is_nobody_and_may_do_nothing(predictor: Container) -> None:
    assert predictor.status("Uid").split() == ["10001"] * 4
    assert predictor.status("CapEff") == "0" * 16
    assert predictor.status("NSpid").split()[-1] == "1"
    assert predictor.inside(_WRITES) == "/tmp/x"  # noqa: S108 - that is what is tested


def test_what_is_loaded_was_compiled_before(predictor: Container) -> None:
    cached = "import json, os, platformctl_predictors as ours; print(*map(os.path.exists, CACHED))"
    assert predictor.inside(cached.replace("CACHED", "(json.__cached__, ours.__cached__)")) == "True True"


def test_a_stop_ends_it_with_0(place: Place, stock: dict[str, str], model: Path) -> None:
    with running(place, stock["predictor"], settings(free_port()), model) as container:
        assert container.stop() == 0


def test_a_stop_while_it_loads_ends_it_too(place: Place, stock: dict[str, str], model: Path) -> None:
    with started(place, stock["predictor"], settings(free_port()), model) as container:
        _until_it_listens_to_signals(container)
        assert container.stop() == 0, container.log.read_text()
        assert " ready on " not in container.log.read_text()


def _until_it_listens_to_signals(container: Container) -> None:
    """A process that has just been made has no handler yet: wait for that of SIGTERM."""
    deadline = time.monotonic() + READY_SECONDS
    while not (container.pid and int(container.status("SigCgt"), 16) & 1 << signal.SIGTERM - 1):
        assert container.process.poll() is None, container.log.read_text()
        assert time.monotonic() < deadline, container.log.read_text()
        time.sleep(0.02)


@pytest.mark.parametrize("kind", MOST_MEGABYTES)
def test_nothing_but_what_serves_is_in_it(place: Place, base: str, stock: dict[str, str], kind: str) -> None:
    assert place.megabytes(stock[kind]) - place.megabytes(base) < MOST_MEGABYTES[kind]
    root = place.root(stock[kind])
    packages = root / "opt/platformctl/lib/python3.11/site-packages"
    programs = {
        path.name
        for folder in ("opt/platformctl/bin", "usr/bin", "usr/local/bin")
        for path in (root / folder).glob("*")
    }
    assert programs & {"gcc", "cc", "g++", "ld", "uv", "pip"} == set()
    assert not (packages / "pip").exists()
    assert not (packages / "numpy/tests").exists()
    assert not (root / "build").exists()
    assert not (root / "opt/uv").exists()
    assert list((root / "root").glob(".cache")) == []
    assert (packages / "sklearn").exists() is (kind == "predictor")


def test_nothing_of_this_machines_network_is_in_it(place: Place, stock: dict[str, str]) -> None:
    assert place.environ["PIP_TRUSTED_HOST"] == ONLY_HERE
    assert ONLY_HERE not in str(place.config(stock["predictor"]))
    root = place.root(stock["predictor"])
    searched = [str(root / folder) for folder in ("etc", "opt", "root", "run", "tmp", "var")]
    found = subprocess.run(
        ["grep", "--recursive", "--files-with-matches", "--fixed-strings", ONLY_HERE, *searched],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert list(root.glob("run/secrets/*")) == []


def test_it_says_what_it_is(place: Place, stock: dict[str, str]) -> None:
    config = place.config(stock["predictor"])["config"]
    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert {port.partition("/")[0] for port in config["ExposedPorts"]} == {"8080", "8081"}
    assert config["Labels"]["org.opencontainers.image.version"] == "0.1.0"
    assert len(config["Labels"]["io.platformctl.recipe"]) == 64


def test_a_second_build_finds_them(build: Build, stock: dict[str, str]) -> None:
    assert {image["reference"]: image["built"] for image in build()} == dict.fromkeys(stock.values(), False)
