"""However it ends, this machine is as it was before."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import lifecycle, lock
from tests.cluster.alone.traces import same_again, traces
from tests.cluster.pods import answering
from tests.cluster.processes import ClusterError
from tests.cluster.requirements import built

pytestmark = pytest.mark.full

_ROOT = Path(__file__).parents[3]
_TIED = 'from tests.cluster import lifecycle as l; l.up("node", tied=True); print("up", flush=True); input()'
_UP = ("-m", "tests.cluster", "up", "--only", "node")


@pytest.fixture
def before(request: pytest.FixtureRequest) -> dict[str, Any]:
    request.getfixturevalue("alone")
    lifecycle.down()  # what an earlier one may have left is no trace of this one
    return traces()


@contextmanager
def _python(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command,
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _read_until(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line)
        if word in line:
            return
    raise AssertionError("".join(read))


def test_after_down(before: dict[str, Any]) -> None:
    cluster = lifecycle.up("node")
    with answering(cluster, "default"):
        during = traces()
    lifecycle.down(cluster)
    assert same_again(before) == before
    assert all(during[kind] != before[kind] for kind in ("links", "routes", "control groups", "processes"))


def test_down_without_a_cluster_does_nothing(before: dict[str, Any]) -> None:
    lifecycle.down()
    lifecycle.down()
    assert same_again(before) == before


def test_after_a_part_that_does_not_start(before: dict[str, Any]) -> None:
    programs = {**built("api"), "kube-apiserver": "/bin/false"}
    with pytest.raises(ClusterError, match="kube-apiserver ended with 1"):
        lifecycle.up("api", programs=programs)
    assert same_again(before) == before


def test_after_an_interrupt_while_it_comes_up(before: dict[str, Any]) -> None:
    with _python(*_UP) as process:
        _read_until(process, "API server answers")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) != 0
    assert same_again(before) == before


def test_after_a_run_of_tests_was_killed(before: dict[str, Any]) -> None:
    with _python("-c", _TIED) as process:
        _read_until(process, "up\n")
        process.kill()
        process.wait()
    assert same_again({**before, "processes": []})["processes"] == []
    assert lifecycle.find() is None
    lifecycle.down()
    assert same_again(before) == before


def test_after_a_kill_while_it_comes_up_the_next_one_cleans(before: dict[str, Any]) -> None:
    with _python(*_UP) as process:
        _read_until(process, "API server answers")
        process.kill()
        process.wait()
    assert lock.holder() is not None
    lifecycle.down(lifecycle.up("api"))
    assert same_again(before) == before


def test_a_second_one_is_refused_and_told_who_has_the_first(before: dict[str, Any]) -> None:
    cluster = lifecycle.up("api")
    held = lock.holder()
    assert held is not None
    with _python("-m", "tests.cluster", "up", "--only", "api") as second:
        said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert f"process {held.unshare}" in said
    assert "python -m tests.cluster kubeconfig" in said
    lifecycle.down(cluster)
    assert same_again(before) == before
