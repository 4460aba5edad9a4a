"""`platformctl analyze NAME`, over a rollout that was really driven, with simulated callers."""

import json
import re
from collections.abc import Callable

import pytest

from platformctl.cli.analyses import rounded
from platformctl.judge.series import LIMIT
from tests.analyze.conftest import Stage
from tests.cli.conftest import Cli
from tests.cli.hosts import V2
from tests.usecases.scene import CHURN

pytestmark = pytest.mark.quick

Begun = Callable[..., Stage]


def test_each_gate_has_its_verdict_its_evidence_and_what_it_takes(begun: Begun) -> None:
    stage = begun()
    stage.passes(30)
    shown = stage.cli("analyze", "churn")
    assert shown.code == 0
    assert shown.err == ""
    assert shown.out.startswith("churn-v2-cbef85 against churn-v1-f03c1f, at 50 %\nwaits: ")
    assert re.search(r"(?m)^errors: inconclusive\n  canary \d+ of \d+ failed, stable \d", shown.out)
    assert re.search(
        r"passes after about [\d,]+ more requests of the\s+new\s+version: .* a\s+second", shown.out
    )
    assert shown.out.count("decides |") == 3
    assert "|1 %" in shown.out
    assert "|10 %" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    assert shown.out.isascii()


def test_a_forecast_is_told_in_requests_and_in_time(begun: Begun) -> None:
    stage = begun(errors=0.03)
    stage.passes(20)
    told = json.loads(stage.cli("analyze", "churn", "-o", "json").out)
    errors = told["gates"][0]
    assert (errors["outcome"], errors["forecast"]["outcome"]) == ("inconclusive", "fail")
    assert errors["forecast"]["requests"] > 0
    assert errors["forecast"]["seconds"] == round(errors["forecast"]["requests"] / told["requestsPerSecond"])
    counts = errors["counts"]
    assert errors["forecast"]["rates"]["canary"] == counts["canary"]["events"] / counts["canary"]["requests"]
    shown = " ".join(stage.cli("analyze", "churn").out.split())
    assert f"fails after about {rounded(errors['forecast']['requests']):,} more requests of the new" in shown
    assert "; if both are alike, and that was chance, it passes after about " in shown


@pytest.mark.parametrize(("exact", "told"), [(7, 7), (123, 120), (4_999, 5_000), (987_654, 990_000)])
def test_a_forecast_has_two_digits(exact: int, told: int) -> None:
    assert rounded(exact) == told


def test_the_numbers_are_those_of_the_plot(begun: Begun) -> None:
    stage = begun()
    stage.passes(100)
    told = json.loads(stage.cli("analyze", "churn", "-o", "json").out)
    assert told["kind"] == "Analysis"
    assert LIMIT / 3 < len(told["points"]) <= LIMIT
    last = told["points"][-1]
    assert [gate["name"] for gate in last["gates"]] == ["errors", "latency", "4xx"]
    assert [mark["share"] for mark in told["shares"]] == [1, 10, 50]
    assert last["requests"] == next(gate for gate in told["gates"])["counts"]["seen"]["requests"]


def test_before_the_first_window_it_says_so(begun: Begun) -> None:
    stage = begun()
    shown = stage.cli("analyze", "churn").out
    assert "decides |" not in shown
    assert "there are no figures yet" in shown
    assert "none has come yet at this share" in " ".join(shown.split())


def test_of_one_that_bakes_it_says_that_it_is_alone(begun: Begun) -> None:
    stage = begun(rate=200.0)
    for _ in range(200):
        stage.passes(1)
        if stage.world.target.observe(CHURN).route.weights == {V2: 100}:
            break
    stage.passes(2)
    assert stage.cli("analyze", "churn").out.startswith("churn-v2-cbef85 alone, at 100 %")


def test_what_does_not_decide_by_itself_is_refused_with_the_way_out(cli: Cli) -> None:
    assert cli("analyze", "churn").code == 2
    cli("deploy", "churn")
    ran = cli("analyze", "churn")
    assert (ran.code, ran.out) == (1, "")
    assert "no rollout of churn decides by itself now" in ran.err
    assert "platformctl history churn" in ran.err
