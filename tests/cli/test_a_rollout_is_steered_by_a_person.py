"""`deploy --auto` and the verbs of `rollout`: what they print, how they end, and what they refuse."""

import json

import pytest

from tests.cli.conftest import Cli, interrupt
from tests.cli.deciding import Deciding
from tests.cli.hosts import V1, V2, Ran
from tests.cli.pages import paths, promised
from tests.cli.test_screens import TARGET

pytestmark = pytest.mark.quick

PLAN = """\
1 %, 10 %, 25 %, 50 % for 1 min and 10 requests each, then 100 %; then it is watched for 10 min
goes back by itself if errors, latency or 4xx are worse; wrong in at most 1 of 100 rollouts
"""
GOES_ON = (
    "it goes on by itself: platformctl rollout status churn; "
    "its log is /home/ann/.local/share/platformctl/logs/agent.log\n"
)
GO_ON = "platformctl rollout resume churn --wait goes on; platformctl rollout abort churn takes it back"
ON_A_CLUSTER = ("--target", "cluster", "--kube-context", "prod-eu")


@pytest.fixture
def deciding(cli: Cli) -> Deciding:
    return Deciding.over(cli)


@pytest.fixture
def begun(deciding: Deciding) -> Deciding:
    """Version 2 has 1 %."""
    assert deciding.begin().code == 0
    return deciding


def test_it_says_what_will_happen_and_returns_when_the_first_step_serves(deciding: Deciding) -> None:
    assert deciding.begin() == Ran(
        0,
        f"{V2} has 1 %\n",
        f"{TARGET}churn v2 (as the command says) is {V2}\n{PLAN}preparing {V2}\n"
        f"{V2}: getting ready (0 s of 120 s)\ntraffic: {V1} 99 %, {V2} 1 %\n{GOES_ON}",
    )


def test_a_dry_run_says_what_will_happen_too(deciding: Deciding) -> None:
    ran = deciding.begin("--dry-run")
    assert ran.code == 0
    assert PLAN in ran.err
    assert f"traffic of {V2}: 0 % to 1 %" in ran.out
    assert deciding.shares == [100, 0]


def test_the_first_version_has_nothing_to_be_compared_with(cli: Cli) -> None:
    ran = cli("deploy", "churn", "--auto", "--wait")
    assert (ran.code, ran.out) == (0, f"{V1} has 100 %\n")
    assert "nothing serves yet: it takes all requests once it is ready" in ran.err


def test_on_a_cluster_it_says_that_nobody_goes_on(deciding: Deciding) -> None:
    ran = deciding.begin(*ON_A_CLUSTER)
    assert ran.err.splitlines()[-1] == (
        "nobody goes on with it when no command does: platformctl rollout resume churn --wait"
    )


def test_in_the_foreground_it_ends_with_0_when_it_has_taken_over(begun: Deciding) -> None:
    ran = begun.cli("rollout", "resume", "churn", "--wait")
    assert (ran.code, ran.out) == (0, f"{V2} has 100 %\n")
    assert f"traffic: {V2} 100 %\n" in ran.err
    assert "errors pass: canary " in ran.err
    assert GOES_ON not in ran.err
    assert begun.seen().rollout.auto is None


def test_in_the_foreground_it_ends_with_1_and_the_gates_words_when_it_went_back(cli: Cli) -> None:
    deciding = Deciding.over(cli, {"v2": 0.3})
    cli.host.fakes.while_time_passes = deciding.crowd.ask
    ran = cli("deploy", "churn", "--version", "2", "--auto", "--wait")
    assert (ran.code, ran.out) == (1, "")
    assert f"error: {V2} failed: errors fail: canary " in ran.err
    assert "against chance\n" in ran.err
    assert f"{V1} serves as before" in ran.err
    assert f"hint: platformctl logs {V2}" in ran.err
    assert deciding.shares == [100, 0]


def test_in_the_foreground_it_ends_with_4_when_it_is_paused(begun: Deciding) -> None:
    def pause() -> None:
        assert begun.cli("rollout", "pause", "churn").code == 0

    begun.cli.host.fakes.later(12, pause)
    ran = begun.cli("rollout", "resume", "churn", "--wait")
    assert ran.code == 4
    assert f"error: {V2} has 1 %, and is paused by a person: ann's platformctl\n" in ran.err
    assert "hint: platformctl rollout resume churn goes on, platformctl rollout abort churn" in ran.err


def test_ctrl_c_says_how_it_is_and_who_goes_on(begun: Deciding) -> None:
    begun.cli.host.fakes.later(12, interrupt)
    ran = begun.cli("rollout", "resume", "churn", "--wait")
    assert ran.code == 130
    assert ran.err.endswith(
        f"{GOES_ON}interrupted: churn is canary: {V1} 99 %, {V2} 1 %\nhint: platformctl status churn\n"
    )


def test_how_far_it_is(begun: Deciding) -> None:
    begun.drive(3)
    ran = begun.cli("rollout", "status", "churn")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line for line in lines if line and not line.startswith("  ")] == [
        f"{V2} against {V1}: step 1 of 5, 1 % since 2026-01-01 00:00:02 UTC",
        "waits: it holds 1 % for 45 s more",
        "errors: inconclusive",
        "latency: inconclusive",
        "4xx: inconclusive",
        "steps: 1 %, 10 %, 25 %, 50 % for 1 min and 10 requests each, then 100 %",
        "deadline: in 23 h 59 min, then hold",
        "figures were read: 0 s ago",
        "assumes that requests fail independently of each other (errors, latency and",
        "4xx); unit: window does not",
    ]
    assert [line for line in lines if line.startswith("  canary ")] != []


def test_the_document_has_the_promised_keys(begun: Deciding) -> None:
    begun.cli("rollout", "abort", "churn")
    begun.cli("rollout", "retry", "churn")
    begun.drive(3)
    begun.cli("rollout", "pause", "churn")
    printed = json.loads(begun.cli("rollout", "status", "churn", "-o", "json").out)
    assert paths(printed) == paths(promised()["RolloutStatus"])
    status = json.loads(begun.cli("status", "churn", "-o", "json").out)
    assert paths(status["rollout"]) == paths(printed["rollout"])
    (listed,) = json.loads(begun.cli("list", "-o", "json").out)["deployments"]
    assert listed["rollout"] == {"step": 1, "steps": 5, "bakes": False, "paused": "asked", "trouble": None}


def test_where_none_decides_the_last_one_is_told(begun: Deciding) -> None:
    begun.cli("rollout", "abort", "churn")
    shown = begun.cli("rollout", "status", "churn")
    assert (shown.code, shown.out.splitlines()) == (
        0,
        [
            "churn: no rollout decides by itself now",
            f"the last one, 2026-01-01 00:00:02 UTC: rollback {V2}: to",
            V1,
        ],
    )


@pytest.mark.parametrize(("verb", "said"), [("abort", "no rollout decides"), ("pause", "info: paused by")])
def test_who_only_looks_on_is_told_when_it_has_ended_or_is_paused(
    begun: Deciding, verb: str, said: str
) -> None:
    def steer() -> None:
        assert begun.cli("rollout", verb, "churn").code == 0

    begun.cli.host.fakes.later(30, steer)
    ran = begun.cli("rollout", "status", "churn", "--wait")
    assert ran.code == 0
    assert said in ran.out


def test_who_only_looks_on_is_told_once_that_nobody_drives_it(begun: Deciding) -> None:
    begun.drive(3)
    begun.cli.host.fakes.while_time_passes = None
    begun.cli.host.fakes.later(150, interrupt)
    ran = begun.cli("rollout", "status", "churn", "--wait")
    assert ran.code == 130
    assert ran.err.count("warning: nobody has looked at its figures for 1 min, so nothing moves\n") == 1
    assert ran.err.count("warning: ") == 1
    assert ran.err.count(f"hint: {GO_ON}\n") == 1


def test_the_status_of_a_deployment_says_it_in_a_line(begun: Deciding) -> None:
    begun.drive(3)
    line = begun.cli("status", "churn").out.splitlines()[1]
    assert line == "rollout: step 1 of 5, 1 % since 2026-01-01 00:00:02 UTC; it holds 1 % for 45 s more"
    assert "canary, step 1 of 5" in begun.cli("list").out
    begun.cli("rollout", "pause", "churn")
    assert begun.cli("status", "churn").out.splitlines()[-2:] == [
        "info: paused by a person: ann's platformctl",
        "  hint: platformctl rollout resume churn goes on; platformctl rollout abort churn takes it back",
    ]
    assert "canary, paused" in begun.cli("list").out


def test_the_status_says_that_figures_are_missing_and_that_nobody_looks(begun: Deciding) -> None:
    begun.drive(3)
    begun.cli.host.fakes.pass_time(180)
    assert begun.cli("status", "churn").out.splitlines()[-2:] == [
        "warning: nobody has looked at its figures for 3 min, so nothing moves",
        f"  hint: {GO_ON}",
    ]
    begun.cli.host.fakes.counters_are_down = True
    begun.drive(1)
    out = begun.cli("rollout", "status", "churn").out
    assert "warning: nothing moves, as its figures are missing: " in out
    assert "it goes on when they are back" in out
    assert "nobody has looked" not in out


def test_while_it_is_watched_the_screen_is_not_repeated_for_seconds(begun: Deciding) -> None:
    begun.drive(3)
    begun.cli.host.fakes.while_time_passes = None
    begun.cli.host.fakes.later(5.5, interrupt)
    ran = begun.cli("status", "churn", "--watch")
    assert ran.out.count("it holds 1 % for 45 s more") == ran.out.count("churn: canary to 1 %") == 1


def test_pause_and_resume(begun: Deciding) -> None:
    assert begun.cli("rollout", "pause", "churn", "--dry-run") == Ran(0, "churn is paused at 1 %\n", TARGET)
    assert begun.cli("rollout", "pause", "churn") == Ran(0, "churn is paused at 1 %\n", TARGET)
    begun.drive(30)
    assert begun.shares == [99, 1]
    assert begun.cli("rollout", "pause", "churn", "--dry-run").out == "nothing would be changed\n"
    assert begun.cli("rollout", "resume", "churn") == Ran(0, "churn goes on at 1 %\n", TARGET + GOES_ON)
    begun.drive(30)
    assert begun.shares != [99, 1]


def test_approve(begun: Deciding) -> None:
    assert begun.cli("rollout", "approve", "churn", "--step", "10") == Ran(
        1,
        "",
        TARGET + "error: the step at 10 % has not been reached: it is at 1 %\n"
        "hint: platformctl rollout approve churn --step 1 lets it go on from there\n",
    )
    assert begun.cli("rollout", "approve", "churn", "--step", "0").code == 2
    assert begun.cli("rollout", "approve", "churn", "--dry-run").out == "churn may go on from 1 %\n"
    assert not _is_approved(begun)
    words = "a person lets it go on from this step"
    assert words not in begun.cli("rollout", "status", "churn").out
    assert begun.cli("rollout", "approve", "churn").code == 0
    assert _is_approved(begun)
    assert words in begun.cli("rollout", "status", "churn").out


def _is_approved(begun: Deciding) -> bool:
    auto = begun.seen().rollout.auto
    return auto is not None and auto.approved


def test_abort_and_retry(begun: Deciding) -> None:
    assert f"remove {V2}" in begun.cli("rollout", "abort", "churn", "--dry-run").out
    assert begun.cli("rollout", "abort", "churn") == Ran(
        0, f"{V1} has 100 %\n", f"{TARGET}traffic: {V1} 100 %\nremoving {V2}\n"
    )
    assert begun.cli("deploy", "churn", "--version", "2", "--auto").code == 1
    rehearsed = begun.cli("rollout", "retry", "churn", "--dry-run")
    assert f"traffic of {V2}: 0 % to 1 %" in rehearsed.out
    assert rehearsed.err == TARGET + PLAN
    ran = begun.cli("rollout", "retry", "churn")
    assert (ran.code, ran.out) == (0, f"{V2} has 1 %\n")
    assert begun.cli("rollout", "retry", "churn") == Ran(
        1,
        "",
        f"{TARGET}error: {V2} is on its way\n"
        "hint: platformctl rollout status churn; platformctl rollout abort churn takes it back\n",
    )


@pytest.mark.parametrize("verb", ["pause", "resume", "approve", "abort"])
def test_where_a_person_decides_there_is_nothing_to_steer(canary: Cli, verb: str) -> None:
    assert canary("rollout", verb, "churn") == Ran(
        1,
        "",
        TARGET + "error: no rollout of churn decides by itself now\n"
        f"hint: platformctl promote churn, or rollback: a person decides about {V2}\n",
    )


@pytest.mark.parametrize("verb", ["status", "pause", "resume", "approve", "abort", "retry"])
def test_what_is_not_there_is_named(steady: Cli, verb: str) -> None:
    ran = steady("rollout", verb, "chrn")
    assert ran.code == 2
    assert "error: there is no deployment 'chrn'\nhint: did you mean churn?" in ran.err


WRONG = {
    "deploy churn --auto --canary 10": "--canary: a share that stays until a person decides does not go with "
    "--auto\nhint: leave one of them out; steps of your own: spec.rollout.steps: [10, 100]\n",
    "deploy churn --wait --canary 10": "--canary: a share that stays until a person decides does not go with "
    "--wait\nhint: leave one of them out; steps of your own: spec.rollout.steps: [10, 100]\n",
    "deploy churn --auto --watch 10s": "--watch: is for a canary about which a person decides\nhint: leave "
    "it out: what decides by itself is watched to its end, with --wait by this command\n",
    "rollout retry churn": "no version of churn was rolled back\nhint: platformctl deploy churn --auto\n",
    "rollout resume churn": "no rollout of churn decides by itself now\n"
    "hint: platformctl deploy churn --auto begins one\n",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_request_says_the_way_out_and_changes_nothing(steady: Cli, line: str) -> None:
    before = steady("status", "churn", "-o", "json").out
    ran = steady(*line.split())
    assert (ran.code, ran.out) == (2 if line.startswith("deploy") else 1, "")
    assert ran.err.removeprefix(TARGET) == f"error: {WRONG[line]}"
    assert steady("status", "churn", "-o", "json").out == before


def test_what_the_gates_said_is_in_the_history(begun: Deciding) -> None:
    begun.drive(40)
    lines = begun.cli("history", "churn").out.splitlines()
    at = next(n for n, line in enumerate(lines) if "1 % was held" in line)
    assert lines[at].split()[2:] == ["step", V2, "1", "%", "was", "held"]
    assert lines[at + 1].startswith("    errors inconclusive: canary ")
    assert max(map(len, lines)) <= 80
    record = next(
        r
        for r in json.loads(begun.cli("history", "churn", "-o", "json").out)["records"]
        if r["event"] == "step"
    )
    assert record["detail"].startswith("1 % was held: errors inconclusive: canary ")
    assert "; latency " in record["detail"]
