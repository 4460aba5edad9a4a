from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.cluster.stage import Ground
from benchmarks.cluster.under_load import CONNECTIONS, Step, answers, load, lost, run, story
from tests.benchmarks.answering import answering
from tests.cluster.cluster import Cluster
from tests.cluster.processes import Namespaces
from tests.cluster.stack import Stack
from tests.cluster.store import S3, Registry
from tests.load import Load, Tally

pytestmark = pytest.mark.quick

_COMMAND = ("version",)


def _answer(version: int | None, status: int = 200) -> bytes:
    who = f"x-platformctl-revision: churn-v{version}-aaaaaa\r\n" if version is not None else ""
    return f"HTTP/1.1 {status} x\r\n{who}content-length: 2\r\n\r\n{{}}".encode()


@contextmanager
def _asking(folder: Path, *versions: int | None, status: int = 200) -> Iterator[tuple[Ground, Load]]:
    """A load on a server that answers for each of these versions in turn."""
    cluster = Cluster(folder, Namespaces(0, folder), "node")
    with answering(lambda number, _: (0.001, _answer(versions[number % len(versions)], status))) as port:
        stack = Stack(f"http://127.0.0.1:{port}", S3(""), Registry("", ""), None, "v0.20.0")
        ground = Ground(cluster, stack, folder, "ml")
        with load(ground, "churn.example.com") as one:
            yield ground, one


def _strays(folder: Path, answering: tuple[int, ...], before: set[int], after: set[int]) -> int:
    step = Step("a change", _COMMAND, frozenset(before), frozenset(after))
    with _asking(folder, *answering) as (ground, one):
        [taken] = run(ground, one, [step])
    return taken.strays


def test_who_has_weight_is_none(tmp_path: Path) -> None:
    assert _strays(tmp_path, (1, 2), {1}, {1, 2}) == 0


def test_who_has_none_before_and_after_is_one(tmp_path: Path) -> None:
    assert _strays(tmp_path, (1, 3), {1}, {1, 2}) > CONNECTIONS


def test_who_had_some_is_one_once_the_command_has_ended(tmp_path: Path) -> None:
    assert _strays(tmp_path, (1, 2), {1, 2}, {1}) > CONNECTIONS


def test_the_last_answer_of_who_leaves_is_when_the_change_is_live(tmp_path: Path) -> None:
    with _asking(tmp_path, 1, 2) as (ground, one):
        still = Step("a change", _COMMAND, frozenset({1, 2}), frozenset({1}))
        stays = Step("a change", _COMMAND, frozenset({1, 2}), frozenset({1, 2}))
        [first, second] = run(ground, one, [still, stays])
    assert first.live is not None
    assert 0 < first.live <= first.ended
    assert second.live is None


def test_a_command_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    step = Step("a change", ("nonsense",), frozenset({1}), frozenset({1}))
    with _asking(tmp_path, 1) as (ground, one), pytest.raises(SystemExit, match="nonsense ended with 2"):
        list(run(ground, one, [step]))


def test_what_no_revision_answers_with_200_is_lost() -> None:
    one = Load(1, "/")
    one.tally = Tally(lost=["503 b''"])
    one.tally.answers.update({(200, "churn-v1-aaaaaa"): 7, (404, None): 2, (200, None): 1})
    one.tally.answers.update({(503, None): 1, (400, "churn-v2-aaaaaa"): 1})
    assert lost(one) == [
        "503 b''",
        *["404 of nobody"] * 2,
        "200 of nobody",
        "400 of churn-v2-aaaaaa",
    ]
    assert answers(one) == {1: 7, 0: 4, 2: 1}


@pytest.mark.parametrize(("first", "third"), [(2, 3), (3, 2)])
def test_each_step_of_the_rollouts_begins_where_the_one_before_it_ended(first: int, third: int) -> None:
    steps = story(first, third)
    assert steps[0].before == steps[-1].after == {1}
    assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]
    assert {version for step in steps for version in step.after} == {1, 2, 3}
