"""docs/cli-json.md shows what `analyze` prints; it has exactly the same keys."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from platformctl.adapters import readings
from platformctl.cli.output import SCHEMA
from tests.analyze.conftest import SPEC, Stage
from tests.analyze.history import CANARY, History
from tests.cli.conftest import Cli
from tests.cli.pages import paths, promised

pytestmark = pytest.mark.quick


def test_an_analysis(begun: Callable[..., Stage]) -> None:
    stage = begun()
    stage.passes(25)
    printed = json.loads(stage.cli("analyze", "churn", "-o", "json").out)
    assert (printed["schema"], printed["kind"]) == (SCHEMA, "Analysis")
    printed["gates"] = [gate for gate in printed["gates"] if gate["forecast"]]
    assert paths(printed) == paths(promised()["Analysis"])


def test_a_replay(cli: Cli, tmp_path: Path) -> None:
    for number, moment in enumerate(History(errors=0.05).moments(50)):
        wrong = replace(moment.counts[CANARY], errors=10**6)
        counts = {**moment.counts, CANARY: wrong} if number == 2 else moment.counts
        readings.append(tmp_path / "past.jsonl", replace(moment, counts=counts))
    query = "{gates: {queries: [{name: revenue, query: revenue, min: 1}]}, steps: "
    (tmp_path / "churn.yaml").write_text(SPEC.replace("{steps: ", query))
    files = ("--replay", str(tmp_path / "past.jsonl"), "--policy", str(tmp_path / "churn.yaml"))
    printed = json.loads(cli("analyze", "churn", *files, "--canary", CANARY, "-o", "json").out)
    assert (printed["schema"], printed["kind"]) == (SCHEMA, "Replay")
    assert (len(printed["missed"]), printed["leftOut"]) == (1, ["revenue"])
    assert paths(printed) == paths(promised()["Replay"])
