"""Interrupted once, then twice in a row, in one home: each test looks at what the runs said or left."""

import json
import re
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import joblib
import pytest
from sklearn.linear_model import LogisticRegression

from tests.demo.place import Ended, Place

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

STORY = [
    "deploy churn",
    "predict churn --input customers.csv --count 200",
    "deploy churn --canary 10",
    "predict churn --input customers.csv --count 600",
    "status churn",
    "promote churn --alias champion",
    "deploy -f careful.yaml",
    "predict churn --input customers.csv --count 3000",
    "rollout status churn --wait",
    "history churn",
    "status churn",
]


@dataclass(frozen=True)
class Told:
    """The runs, and where they were."""

    place: Place
    interrupted: Ended
    first: Ended
    again: Ended


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    place = Place.below(tmp_path_factory.mktemp("demo"))
    try:
        interrupted = place.demo(interrupt_at="is loading")
        yield Told(place, interrupted, place.demo(), place.demo())
    finally:
        place.remove()
    assert not place.home.exists(), "down --purge removes all that the demo has made"


def typed(ended: Ended) -> Sequence[str]:
    """The commands that were printed, from the first that changes a deployment on."""
    commands = re.findall(r"^\$ platformctl (.*)$", ended.said, re.MULTILINE)
    return [command for command in commands if not command.startswith("up")]


def splits(ended: Ended) -> Sequence[dict[str, tuple[int, int]]]:
    """Of each traffic: requests and errors by version."""
    tables = ended.said.split("--count ")[1:]
    row = re.compile(r"^churn-(v\d+)-\w{6} +(\d+) +[\d.]+ % +(\d+) +\d+$", re.MULTILINE)
    return [
        {version: (int(requests), int(errors)) for version, requests, errors in row.findall(table)}
        for table in tables
    ]


def test_ctrl_c_says_how_things_are_and_what_goes_on(told: Told) -> None:
    assert told.interrupted.code == 130
    assert "interrupted: the demo was stopped; what it had brought up goes on\n" in told.interrupted.said
    assert "platformctl demo starts over" in told.interrupted.said
    assert "Traceback" not in told.interrupted.said


def test_it_goes_to_its_end_and_twice_in_a_row(told: Told) -> None:
    assert (told.first.code, told.again.code) == (0, 0), told.first.said + told.again.said


def test_it_prints_the_commands_of_a_rollout(told: Told) -> None:
    assert list(typed(told.first))[-len(STORY) :] == STORY
    assert list(typed(told.again)) == ["delete churn --yes", *STORY]


@pytest.mark.parametrize("run", ["first", "again"])
def test_the_measured_split_is_within_five_standard_deviations(told: Told, run: str) -> None:
    _, second, third = splits(getattr(told, run))
    assert second["v2"][0] == pytest.approx(60, abs=5 * (600 * 0.1 * 0.9) ** 0.5)
    assert third["v3"][0] <= 300 + 5 * (3000 * 0.1 * 0.9) ** 0.5, "a tenth, until it went back"


@pytest.mark.parametrize("run", ["first", "again"])
def test_version_3_goes_back_by_itself(told: Told, run: str) -> None:
    said = getattr(told, run).said
    (reason,) = set(re.findall(r"errors fail: canary \d+ of \d+ failed, stable 0 of [\d,]+", said))
    assert reason
    assert "rollback churn" not in typed(getattr(told, run))


@pytest.mark.parametrize("run", ["first", "again"])
def test_only_version_3_errs(told: Told, run: str) -> None:
    errors = {
        version: errors for split in splits(getattr(told, run)) for version, (_, errors) in split.items()
    }
    assert errors["v3"] > 0
    assert (errors["v1"], errors["v2"]) == (0, 0)


def test_version_2_is_told_to_be_better(told: Told) -> None:
    figures = dict(re.findall(r"^Version (\d): .*\(AUC (0\.\d+)\)", told.first.said, re.MULTILINE))
    assert float(figures["2"]) > float(figures["1"]) + 0.02


def test_versions_that_are_there_are_used_again(told: Told) -> None:
    models = f"http://127.0.0.1:{told.place.mlflow_port}/api/2.0/mlflow/registered-models/get?name=churn"
    with urllib.request.urlopen(models, timeout=30) as reply:
        model = json.load(reply)["registered_model"]
    assert [found["version"] for found in model["latest_versions"]] == ["3"]
    aliases = {alias["alias"]: alias["version"] for alias in model["aliases"]}
    assert aliases == {"champion": "2", "challenger": "2"}


def test_it_says_what_would_have_misled_its_commands(told: Told) -> None:
    first, *_ = told.first.said.splitlines()
    assert first == "$ unset MLFLOW_TRACKING_URI PLATFORMCTL_TARGET"
    assert f"\n$ cd {told.place.folder}\n\n" in told.first.said


def test_the_stack_is_up_with_version_2_at_the_address_that_it_names(told: Told) -> None:
    address = re.search(r"churn answers at\s+(http://\S+:predict)", told.again.said)
    assert address
    status = json.loads(told.place.type("status", "churn", "-o", "json").said)
    serving = [(r["version"], r["share"]) for r in status["revisions"] if r["share"]]
    assert serving == [("2", 100)]
    example = told.place.type("predict", "churn")
    assert example.code == 0, example.said
    assert "churn-v2-" in example.said


def test_what_it_says_to_try_next_is_true(told: Told) -> None:
    refused = told.place.type("deploy", "churn", "--version", "3")
    assert refused.code == 1
    assert "was rejected at" in refused.said
    assert told.place.type("history", "churn").code == 0


def test_a_persons_own_deployment_is_refused_before_anything_is_done(told: Told) -> None:
    model = told.place.home.parent / "own"
    model.mkdir()
    joblib.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), model / "model.joblib")
    spec = {
        "apiVersion": "platformctl.io/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "churn"},
        "spec": {"model": {"path": str(model)}},
    }
    (model / "churn.json").write_text(json.dumps(spec))
    deployed = told.place.type("deploy", "-f", str(model / "churn.json"))
    assert deployed.code == 0, deployed.said
    ended = told.place.demo()
    assert ended.code == 1
    assert re.fullmatch(
        r"error: there is a deployment 'churn' with churn-files-\w{6}, which is not the demo's\n"
        r"hint: let the demo have a folder of its own: platformctl demo --home .*\n",
        ended.said,
    )
