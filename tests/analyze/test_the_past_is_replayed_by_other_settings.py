"""`platformctl analyze NAME --record FILE` and `--replay`, as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from platformctl.adapters import readings
from platformctl.domain.errors import Unreachable
from tests.analyze.conftest import SPEC, Stage
from tests.analyze.history import CANARY, STABLE, History
from tests.cli.conftest import Cli, interrupt
from tests.cli.hosts import V1, V2

pytestmark = pytest.mark.quick

Begun = Callable[..., Stage]


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A file of 200 readings of a version that fails five times as often."""
    return _written(tmp_path / "bad.csv", History(errors=0.05))


def _written(path: Path, history: History) -> str:
    for moment in history.moments(200):
        readings.append(path, moment)
    return str(path)


def test_what_is_recorded_while_a_rollout_goes_on_can_be_replayed(begun: Begun, tmp_path: Path) -> None:
    stage, path = begun(errors=0.05, rate=200.0), str(tmp_path / "past.jsonl")
    for _ in range(30):
        stage.crowd.ask(5)
        stage.cli.host.fakes.pass_time(5)
        assert stage.cli("analyze", "churn", "--record", path).code == 0
    found = json.loads(stage.cli("analyze", "churn", "--replay", path, "-o", "json").out)
    assert (found["kind"], found["ending"]) == ("Replay", "rolled back")
    assert (found["canary"], found["stable"]) == (V2, V1)
    assert found["policy"]["steps"][1]["weight"] == 10
    assert readings.read(Path(path))[0].weights == {V1: 99, V2: 1}


def test_a_recording_goes_on_until_it_is_interrupted(begun: Begun, tmp_path: Path) -> None:
    slept: list[float] = []
    stage, path = begun(), tmp_path / "past.jsonl"
    fakes = stage.cli.host.fakes

    def passes(seconds: float) -> None:
        slept.append(seconds)
        fakes.counters_are_down = len(slept) == 3
        if len(slept) == 5:
            interrupt()

    fakes.while_time_passes = passes
    ran = stage.cli("analyze", "churn", "--record", str(path), "--every", "5s")
    assert (ran.code, slept) == (0, [5.0] * 5)
    assert ran.err.count("no reading: ") == 1
    assert len(readings.read(path)) == 4


def test_a_replay_says_what_would_have_happened_and_when(cli: Cli, bad: str) -> None:
    ran = cli("analyze", "churn", "--replay", bad, "--canary", CANARY)
    assert ran.code == 1
    assert ran.out.startswith("churn: rolled back\n  at 2026-01-01 00:0")
    assert "  errors fail: canary " in ran.out
    assert "decides |" in ran.out
    assert "requests are what they were" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_each_setting_can_be_another(cli: Cli, bad: str, tmp_path: Path) -> None:
    def told(*options: str) -> dict[str, object]:
        ran = cli("analyze", "churn", "--replay", bad, "--canary", CANARY, "-o", "json", *options)
        document: dict[str, object] = json.loads(ran.out)
        assert ran.code == (document["ending"] == "rolled back")
        return document

    as_it_is = told()
    strict = told("--alpha", "0.2", "--limit", "0.02", "--margin", "1.5", "--threshold", "100ms")
    policy = strict["policy"]
    assert isinstance(policy, dict)
    gates = policy["gates"]
    assert (policy["alpha"], gates["errors"]["limit"], gates["latency"]["threshold"]) == (0.2, 0.02, "100ms")
    assert {gates[key]["margin"] for key in ("errors", "latency", "clientErrors")} == {1.5}
    assert str(strict["at"]) < str(as_it_is["at"])
    (tmp_path / "off.yaml").write_text(SPEC.replace("{steps: ", "{gates: {errors: false}, steps: "))
    assert told("--policy", str(tmp_path / "off.yaml"))["ending"] == "promoted"


def test_who_says_all_needs_no_deployment_and_no_target(
    cli: Cli, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> object:
        raise Unreachable("the local stack is not up")

    monkeypatch.setattr(cli.host, "world", down)
    (tmp_path / "churn.yaml").write_text(SPEC)
    both = ("--canary", CANARY, "--stable", STABLE)
    told = cli("analyze", "churn", "--replay", bad, *both, "--policy", str(tmp_path / "churn.yaml"))
    assert (told.code, told.err) == (1, "")
    assert "rolled back" in told.out
    assert cli("analyze", "churn", "--replay", bad, *both).code == 3


def test_only_a_part_of_the_past_is_judged_if_the_command_says_so(cli: Cli, bad: str) -> None:
    until = ("--until", "2026-01-01T00:00:10Z", "--since", "2026-01-01T01:00:00+01:00")
    found = json.loads(cli("analyze", "churn", "--replay", bad, "--canary", CANARY, "-o", "json", *until).out)
    assert (found["readings"], found["ending"]) == (3, "undecided")


def test_who_is_compared_is_said_by_the_command_or_by_the_deployment(canaried: Cli, tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    for _ in range(3):
        canaried("analyze", "churn", "--record", str(path))
        canaried.host.fakes.pass_time(5)
    found = json.loads(canaried("analyze", "churn", "--replay", str(path), "-o", "json").out)
    assert (found["canary"], found["stable"]) == (V2, V1)
    other = ("--canary", V1)
    found = json.loads(canaried("analyze", "churn", "--replay", str(path), *other, "-o", "json").out)
    assert (found["canary"], found["stable"]) == (V1, V2)
    canaried("rollback", "churn")
    found = json.loads(canaried("analyze", "churn", "--replay", str(path), "-o", "json").out)
    assert (found["canary"], found["stable"]) == (V2, V1)


@pytest.fixture
def canaried(cli: Cli) -> Cli:
    """Version 2 has ten percent, and a person decides."""
    assert cli("deploy", "churn", "--version", "1").code == 0
    assert cli("deploy", "churn", "--version", "2", "--canary", "10").code == 0
    return cli


def test_of_a_rollout_that_is_over_its_two_versions_are_compared(canaried: Cli, tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    for _ in range(3):
        canaried("analyze", "churn", "--record", str(path))
        canaried.host.fakes.pass_time(5)
    canaried("promote", "churn")
    found = json.loads(canaried("analyze", "churn", "--replay", str(path), "-o", "json").out)
    assert (found["canary"], found["stable"]) == (V2, V1)


_WRONG = [
    (["--replay", "none.csv", "--canary", CANARY], 2, "there is no file none.csv", ""),
    (
        ["--replay", "{bad}"],
        2,
        "--canary: it is not known which revisions",
        f"the file has {STABLE}, {CANARY}",
    ),
    (["--replay", "{bad}", "--canary", "Churn!"], 2, "--canary: 'Churn!' is no revision's name", "churn-v4"),
    (
        ["--replay", "{bad}", "--canary", "churn-v9-1", "--stable", STABLE],
        2,
        "no figures of churn-v9-1",
        STABLE,
    ),
    (["--replay", "{bad}", "--canary", CANARY, "--stable", CANARY], 2, "cannot be compared with itself", ""),
    (["--replay", "{bad}", "--canary", CANARY, "--alpha", "2"], 2, "--alpha: 2", "write 0.02"),
    (["--replay", "{bad}", "--canary", CANARY, "--margin", "1"], 2, "--margin: 1", "write 2"),
    (["--replay", "{bad}", "--canary", CANARY, "--limit", "5"], 2, "--limit: 5", "write 0.05"),
    (["--replay", "{bad}", "--canary", CANARY, "--threshold", "250"], 2, "--threshold: ", "250s"),
    (["--replay", "{bad}", "--canary", CANARY, "--alpha", "much"], 2, "'much' is not a valid float", ""),
    (["--replay", "{bad}", "--canary", CANARY, "--policy", "none.yaml"], 2, "there is no file none.yaml", ""),
    (
        ["--replay", "{bad}", "--canary", CANARY, "--since", "yesterday"],
        2,
        "'yesterday' is no time",
        "6h (ago)",
    ),
    (["--replay", "{bad}", "--canary", CANARY, "--since", "2026-01-01"], 2, "has no zone", "00:00:00Z"),
    (["--replay", "{bad}", "--canary", CANARY, "--since", "9999999d"], 2, "is too far away", "6h (ago)"),
    (
        ["--replay", "{bad}", "--canary", CANARY, "--since", "0001-01-01T00:00:00+23:00"],
        2,
        "is too far away",
        "6h (ago)",
    ),
    (
        ["--replay", "{bad}", "--canary", CANARY, "--since", "1h", "--until", "2h"],
        2,
        "is not before",
        "--since 6h",
    ),
    (["--replay", "{bad}", "--canary", CANARY, "--since", "0s"], 2, "is not before", "--since 6h"),
    (["--replay", "{bad}", "--canary", CANARY, "--step", "5s"], 2, "--step: is for a Prometheus", ""),
    (["--replay", "{bad}", "--record", "x.csv"], 2, "only one of --replay and --record", ""),
    (["--every", "5s"], 2, "--every: is for --record", "--record FILE"),
    (["--alpha", "0.1"], 2, "--alpha: is for --replay", "--replay FILE"),
    (["--replay", "prometheus", "--canary", CANARY, "--stable", STABLE], 1, "there is no Prometheus", "toml"),
    (
        ["--replay", "http://127.0.0.1:9", "--canary", CANARY, "--stable", STABLE],
        3,
        "the Prometheus at http://127.0.0.1:9 gives no figures",
        "is that its address?",
    ),
]


@pytest.mark.parametrize("case", _WRONG, ids=lambda case: " ".join(case[0][-2:]))
def test_what_is_wrong_is_said_with_the_way_out(
    cli: Cli, bad: str, case: tuple[list[str], int, str, str]
) -> None:
    options, code, message, hint = case
    ran = cli("analyze", "churn", *(option.replace("{bad}", bad) for option in options))
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert hint in ran.err


def test_a_policy_of_a_file_has_to_be_one(cli: Cli, bad: str, tmp_path: Path) -> None:
    path = tmp_path / "churn.yaml"
    path.write_text(SPEC.replace("  rollout: {steps: [1, 10, 50, 100]}\n", ""))
    ran = cli("analyze", "churn", "--replay", bad, "--canary", CANARY, "--policy", str(path))
    assert (ran.code, "has no spec.rollout" in ran.err) == (2, True)
    path.write_text(SPEC.replace("{steps: ", "{gates: {latency: false}, steps: "))
    told = ("--policy", str(path), "--threshold", "100ms")
    ran = cli("analyze", "churn", "--replay", bad, "--canary", CANARY, *told)
    assert (ran.code, "--threshold: the policy has no gate latency" in ran.err) == (2, True)


def test_a_period_without_readings_is_refused(cli: Cli, bad: str) -> None:
    ran = cli("analyze", "churn", "--replay", bad, "--canary", CANARY, "--until", "2025-01-01T00:00:00Z")
    assert ran.code == 2
    assert "has no readings in that time" in ran.err
    assert "it has some from 2026-01-01T00:00:00Z to " in ran.err


def test_a_deployment_that_nothing_serves_has_nothing_to_record(cli: Cli, tmp_path: Path) -> None:
    ran = cli("analyze", "churn", "--record", str(tmp_path / "past.csv"))
    assert ran.code == 2
    assert not (tmp_path / "past.csv").exists()
