"""A replica of two processes: the transformer that is asked, and the predictor that it asks by gRPC."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from platformctl.adapters.local import launch
from platformctl.adapters.local.supervisor import State
from platformctl.domain.features import Features
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.traffic import Answer, Request
from tests.load import Load
from tests.local.world import GONE, LocalWorld, until

pytestmark = pytest.mark.quick

NAME = Name("apart")
BODY = b'{"instances": [{"Height": "1.5"}]}'
TWO = Scale(minimum=2, maximum=2)


def separate(world: LocalWorld, name: Name) -> Revision:
    """The columns of a model that was fitted with a DataFrame, under another name and as text."""
    features = Features(rename={"Height": "height"}, cast={"height": "double"})
    return world.with_columns(name).model_copy(update={"transformer": features, "placement": "separate"})


HOLDS = """
import asyncio
import pathlib

import kserve


class Mine(kserve.Model):
    async def preprocess(self, payload, headers=None):
        while payload["instances"] != [[0.0]] and not pathlib.Path({go!r}).exists():
            await asyncio.sleep(0.01)
        return payload
"""
"""A transformer that has a request in hand until a file is there."""


def delayed(world: LocalWorld, program: str) -> None:
    """Let the next start of a program wait for two seconds, as it does after three short lives."""
    starts, pid, _ = launch.read(str(world.home.launch(program)))
    recent = [[time.time()] * 2] * 3
    world.home.launch(program).write_text(json.dumps({"starts": starts, "pid": pid, "recent": recent}))


def ask(world: LocalWorld, revision: Revision, body: bytes = BODY) -> Answer:
    return world.target.predict(revision.deployment, Request(body, revision.id))


def ten_answer(world: LocalWorld, revision: Revision) -> bool:
    """Whether ten requests in a row are answered: they would meet each of two replicas five times."""
    return all(ask(world, revision).status == 200 for _ in range(10))


@pytest.fixture(scope="module")
def pair(shared: LocalWorld) -> Iterator[Revision]:
    """A revision of two replicas that has everything."""
    revision = separate(shared, NAME)
    shared.prepared(revision, scale=TWO)
    shared.serve(revision)
    yield revision
    shared.clear(NAME)


def test_both_answer_as_one_revision(shared: LocalWorld, pair: Revision) -> None:
    answer = ask(shared, pair)
    assert (answer.status, json.loads(answer.body), answer.revision) == (200, {"predictions": [1]}, pair.id)
    refused = ask(shared, pair, b'{"instances": [{"Height": "tall"}]}')
    assert refused.status == 400
    assert "Height" in refused.body.decode()


def test_it_is_four_processes_with_logs_of_their_own(shared: LocalWorld, pair: Revision) -> None:
    parts = {f"{replica}.{role}" for replica in (0, 1) for role in ("predictor", "transformer")}
    assert {f"{pair.id}.{part}" for part in parts} < set(shared.supervisor.processes())
    prefixes = {line.partition("]")[0].strip("[") for line in shared.target.logs(pair.id, 1000)}
    assert parts <= prefixes


def test_it_says_what_runs_the_model(shared: LocalWorld, pair: Revision) -> None:
    said = shared.status(pair).serving
    assert said is not None
    assert said.runtime != "remote"


@pytest.mark.parametrize("role", ["predictor", "transformer"])
def test_one_that_is_killed_comes_back_and_the_other_replica_answers(
    shared: LocalWorld, pair: Revision, role: str
) -> None:
    shared.until_ready(pair)
    until(lambda: not any(shared.left_out(pair, replica) for replica in (0, 1)), what="known to the router")
    before = shared.status(pair).restarts
    program = f"{pair.id}.0.{role}"
    delayed(shared, program)
    os.kill(shared.pid(program), signal.SIGKILL)
    until(lambda: shared.status(pair).ready == 1, what="noticed")
    status = shared.status(pair)
    assert (status.failure, status.replicas) == (None, 2)
    assert f"the {role} of replica 0" in status.detail
    until(lambda: ten_answer(shared, pair) and shared.left_out(pair, 0), what="left out by the router")
    until(lambda: shared.status(pair).ready == 2 and not shared.left_out(pair, 0), what="back")
    assert shared.status(pair).restarts == before + 1
    assert {ask(shared, pair).status for _ in range(20)} == {200}


def test_what_the_predictor_fails_for_is_what_is_said(shared: LocalWorld, name: Name) -> None:
    features = {"transformer": Features(rename={"a": "b"}), "placement": "separate"}
    broken = shared.broken(name).model_copy(update=features)
    shared.target.prepare(broken, Scale())
    until(lambda: shared.status(broken).failure is not None, what="failed")
    assert "model.joblib" in (shared.status(broken).failure or "")
    assert shared.status(broken).serving is None


def test_the_predictor_stays_until_its_transformer_has_answered(
    shared: LocalWorld, name: Name, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    holding = shared.transformed_by(name, HOLDS.format(go=str(go)))
    shared.prepared(holding, scale=TWO)
    shared.serve(holding)
    predictor, transformer = (f"{holding.id}.1.{role}" for role in ("predictor", "transformer"))
    with ThreadPoolExecutor(9) as pool:
        answers = [
            pool.submit(shared.client().predict, name, Request(b'{"instances": [[1.0]]}')) for _ in range(8)
        ]
        until(lambda: shared.in_flight(holding) == len(answers), what="asked")
        scaled = pool.submit(shared.target.scale, holding.id, Scale())
        until(lambda: shared.supervisor.processes()[transformer].state is State.STOPPING, what="stopping")
        assert shared.supervisor.processes()[predictor].state is State.RUNNING
        go.touch()
        assert {answer.result().status for answer in answers} == {200}
        scaled.result()


def test_scaled_down_under_load_it_loses_nothing_and_removed_it_leaves_nothing(
    shared: LocalWorld, pair: Revision
) -> None:
    sockets = set(shared.home.run.glob("*.sock"))
    with Load(shared.port, f"/v1/models/{NAME}:predict", BODY, connections=8) as load:
        load.until(200)
        shared.target.scale(pair.id, Scale())
        load.until(load.tally.answered + 200)
    assert load.tally.lost == []
    assert {status for status, _ in load.tally.answers} == {200}
    assert _programs(shared, pair) == {f"{pair.id}.0.predictor", f"{pair.id}.0.transformer"}
    shared.commit(GONE, NAME)
    shared.target.remove(pair.id)
    assert _programs(shared, pair) == set()
    assert len(sockets - set(shared.home.run.glob("*.sock"))) == 6


def _programs(world: LocalWorld, revision: Revision) -> set[str]:
    return {program for program in world.supervisor.processes() if program.startswith(f"{revision.id}.")}
