"""Whole screens: exit code, stdout and stderr together."""

import json
from datetime import timedelta

import pytest

from platformctl.cli import views
from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from platformctl.domain.observed import Gauge
from platformctl.domain.route import Route
from tests.cli.conftest import Cli
from tests.cli.hosts import OF_A_CLUSTER, SCALED, V1, V2, V3, Ran
from tests.fakes import Behaviour, FakeLease, FakeVersion

pytestmark = pytest.mark.quick

TARGET = "target: local (/home/ann/.local/share/platformctl)\n"


def test_a_first_deployment(cli: Cli) -> None:
    assert cli("deploy", "churn") == Ran(
        0,
        "churn-v1-f03c1f has 100 %\n",
        TARGET + "churn v1 (alias champion) is churn-v1-f03c1f\n"
        "preparing churn-v1-f03c1f\n"
        "churn-v1-f03c1f: getting ready (0 s of 120 s)\n"
        "traffic: churn-v1-f03c1f 100 %\n",
    )


def test_a_deployment_that_is_true_already(steady: Cli) -> None:
    assert steady("deploy", "churn") == Ran(
        0,
        "churn-v1-f03c1f has 100 % already\n",
        TARGET + "churn v1 (the version that serves stays) is churn-v1-f03c1f\n",
    )


def test_the_status_of_a_canary_that_was_asked(canary: Cli) -> None:
    canary("predict", "churn", "--count", "200")
    canary.host.behaves(V2, Behaviour(status=500, serving=None))
    canary("predict", "churn", "--to", V2)
    assert canary("status", "churn") == Ran(
        0,
        """\
churn: canary to 10 %, since 2026-01-01 00:00:02 UTC
url: http://fake/churn/v1/models/churn:predict

REVISION         ROLE    MODEL     SHARE  READY  RUNTIME
churn-v1-f03c1f  stable  churn v1   90 %    1/1  sklearn
churn-v2-cbef85  canary  churn v2   10 %    1/1

REVISION         REQUESTS     ERRORS  4XX  P50 MS  P95 MS
churn-v1-f03c1f       181  0 (0.0 %)    0     3.0     4.8
churn-v2-cbef85        22  1 (4.5 %)    0     3.0     4.8

churn-v1-f03c1f would be faster by onnx: platformctl model onnx churn
""",
        "",
    )


def test_the_status_of_a_deployment_on_a_cluster(canary: Cli) -> None:
    canary.host.fakes.beside = OF_A_CLUSTER
    canary.host.behaves(V1, Behaviour(serving=None, beside=SCALED))
    canary.host.behaves(V2, Behaviour(serving=None, beside={"created": canary.host.fakes.now}))
    shown = canary("status", "churn").out
    assert (
        shown
        == """\
churn: canary to 10 %, since 2026-01-01 00:00:02 UTC
url: http://fake/churn/v1/models/churn:predict
inside: http://envoy.gateways.svc/v1/models/churn:predict
host: churn-models.example.com
gateway: serves these weights

REVISION         ROLE    MODEL     SHARE  READY  SCALES                 AGE
churn-v1-f03c1f  stable  churn v1   90 %    1/1  1-3, cpu 45 % of 80 %  3h
churn-v2-cbef85  canary  churn v2   10 %    1/1                         0s

REVISION         REQUESTS     ERRORS  4XX  P50 MS  P95 MS
churn-v1-f03c1f         1  0 (0.0 %)    0     3.0     4.8
churn-v2-cbef85         1  0 (0.0 %)    0     3.0     4.8

churn-v1-f03c1f: no metrics: its requests are not counted

each revision's own address, which bypasses the weights:
  churn-v1-f03c1f: http://churn-v1-f03c1f-predictor.models.svc
"""
    )
    canary.host.fakes.beside = {**OF_A_CLUSTER, "accepted": False}
    assert "\ngateway: does not serve these weights yet\n" in canary("status", "churn").out


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (119, "119s"), (120, "2m"), (7_199, "119m"), (7_200, "2h"), (172_800, "2d")],
)
def test_an_age_is_said_in_one_unit(seconds: int, text: str) -> None:
    assert views.age(timedelta(seconds=seconds)) == text


def test_what_changes_a_cluster_says_which_one(cli: Cli) -> None:
    place = ("--target", "cluster", "--kube-context", "prod-eu", "-n", "models")
    first = cli("deploy", "churn", *place).err.splitlines()[0]
    assert first == "target: cluster (kube context prod-eu, namespace models)"
    assert cli("status", "churn", *place).err == ""
    assert cli.host.took_over == [False, False]
    cli("deploy", "churn", "--canary", "10", "--force-conflicts", *place)
    cli("promote", "churn", "--force-conflicts", *place)
    cli("rollback", "churn", "--force-conflicts", *place)
    assert cli.host.took_over[2:] == [True, True, True]


def test_the_status_of_a_canary_that_is_down(canary: Cli) -> None:
    canary.host.behaves(V2, Behaviour(crashes_after=1))
    canary.host.fakes.pass_time(20)
    ran = canary("status", "churn")
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.splitlines()[3:6] == [
        "REVISION         ROLE    MODEL     SHARE  READY  RUNTIME  NOTE",
        "churn-v1-f03c1f  stable  churn v1   90 %    1/1  sklearn",
        "churn-v2-cbef85  canary  churn v2   10 %    0/1           1 restart; restarting",
    ]
    assert ran.out.splitlines()[-2:] == [
        "error: canary churn-v2-cbef85 is not ready for 20 s: restarting",
        "  hint: platformctl rollback churn",
    ]


def test_the_status_says_what_was_interrupted(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(ready_after=None))
    assert steady("deploy", "churn", "--version", "2", "--timeout", "3s").code == 4
    assert steady("status", "churn") == Ran(
        0,
        """\
churn: preparing to 100 %, since 2026-01-01 00:00:01 UTC
url: http://fake/churn/v1/models/churn:predict

REVISION         ROLE       MODEL     SHARE  READY  RUNTIME
churn-v1-f03c1f  stable     churn v1  100 %    1/1  sklearn
churn-v2-cbef85  preparing  churn v2    0 %    0/1

REVISION         REQUESTS     ERRORS  4XX  P50 MS  P95 MS
churn-v1-f03c1f         1  0 (0.0 %)    0     3.0     4.8
churn-v2-cbef85         0  0 (0.0 %)    0       -       -

churn-v1-f03c1f would be faster by onnx: platformctl model onnx churn

warning: churn-v2-cbef85 was on its way to 100 % when that was interrupted
  hint: platformctl deploy churn goes on; platformctl rollback churn drops it
""",
        "",
    )


def test_the_status_says_who_is_changing_it(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(ready_after=None))
    steady("deploy", "churn", "--version", "2", "--timeout", "3s")
    other = FakeLease(steady.host.fakes, "bob")
    other.acquire(Name("churn"), "bob's platformctl", timedelta(minutes=1))
    assert steady("status", "churn").out.splitlines()[-1] == "info: being changed by bob's platformctl"


def test_the_status_says_what_was_rejected(canary: Cli) -> None:
    assert canary("rollback", "churn").code == 0
    lines = canary("status", "churn").out.splitlines()
    assert lines[-1] == "rejected: churn-v2-cbef85, 2026-01-01 00:00:02 UTC: rolled back"


def test_a_deployment_that_fails_shows_why_and_what_still_serves(steady: Cli) -> None:
    steady.host.behaves(V3, Behaviour(failure="the model file is corrupt"))
    assert steady("deploy", "churn", "--version", "3") == Ran(
        1,
        "",
        TARGET + "churn v3 (as the command says) is churn-v3-fd76e0\n"
        "preparing churn-v3-fd76e0\n"
        "churn-v3-fd76e0: getting ready (0 s of 120 s)\n"
        "removing churn-v3-fd76e0\n"
        "error: churn-v3-fd76e0 failed: the model file is corrupt\n"
        "       churn-v1-f03c1f serves as before\n"
        "  | starting churn-v3-fd76e0\n"
        "  | the model file is corrupt\n"
        "  | stopped churn-v3-fd76e0\n"
        "hint: platformctl logs churn-v3-fd76e0 shows more\n",
    )


def test_a_plain_wait_that_has_nothing_new_is_told_every_half_minute(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(ready_after=61))
    ran = steady("deploy", "churn", "--version", "2")
    told = [line for line in ran.err.splitlines() if "getting ready" in line]
    assert told == [
        "churn-v2-cbef85: getting ready (0 s of 120 s)",
        "churn-v2-cbef85: getting ready (30 s of 120 s)",
        "churn-v2-cbef85: getting ready (60 s of 120 s)",
    ]


def test_a_canary_where_nothing_serves_is_refused_with_the_way_out(cli: Cli) -> None:
    assert cli("deploy", "churn", "--canary", "10") == Ran(
        2,
        "",
        TARGET + "error: --canary: a canary takes a share of what serves, and nothing serves yet\n"
        "hint: platformctl deploy churn, then platformctl deploy churn --canary 10\n",
    )


def test_two_at_once_one_is_told_to_whom_it_lost(steady: Cli) -> None:
    FakeLease(steady.host.fakes, "bob").acquire(Name("churn"), "bob's platformctl", timedelta(minutes=1))
    assert steady("rollback", "churn") == Ran(
        Conflict.exit_code,
        "",
        TARGET + "waiting: bob's platformctl, since 00:00:01 is at work on churn\n"
        "error: bob's platformctl, since 00:00:01 is at work on churn\nhint: wait until it is done\n",
    )


def test_promote_moves_the_alias_and_says_so(canary: Cli) -> None:
    assert canary("promote", "churn", "--alias", "champion") == Ran(
        0,
        "churn-v2-cbef85 has 100 %\n",
        TARGET + "preparing churn-v2-cbef85\n"
        "traffic: churn-v2-cbef85 100 %\n"
        "alias champion of churn is version 2\n",
    )
    assert canary.host.registry.aliases["churn", "champion"] == "2"


def test_a_model_whose_name_is_no_deployment_name_is_mapped_and_says_so(cli: Cli) -> None:
    ran = cli("deploy", "Churn Model")
    assert (ran.code, ran.out) == (0, "churn-model-v1-3109a6 has 100 %\n")
    assert ran.err.splitlines()[1] == "'Churn Model' is deployed as churn-model"


def test_a_history(canary: Cli) -> None:
    assert (
        canary("history", "churn").out
        == """\
TIME (UTC)           EVENT   REVISION         DETAIL
2026-01-01 00:00:00  deploy  churn-v1-f03c1f  to 100 %
2026-01-01 00:00:01  serves  churn-v1-f03c1f  100 %
2026-01-01 00:00:01  deploy  churn-v2-cbef85  to 10 %
2026-01-01 00:00:02  serves  churn-v2-cbef85  10 %
"""
    )
    canary("promote", "churn")
    assert canary("history", "churn").out.endswith("A rollback can go back to:\n  churn-v1-f03c1f: live\n")


def test_a_list(canary: Cli) -> None:
    screen = """\
NAME   PHASE   TRAFFIC                                   SINCE
churn  canary  churn-v1-f03c1f 90 %, churn-v2-cbef85 1…  2026-01-01 00:00:02 UTC
"""
    assert canary("list") == Ran(0, screen, "")
    assert canary("status") == Ran(0, screen, "")
    assert canary("list", "other") == Ran(
        0, "", "there are no deployments; platformctl deploy NAME makes one\n"
    )


def test_logs_of_several_revisions_are_told_apart(canary: Cli) -> None:
    assert canary("logs", "churn").out == (
        "==> churn-v1-f03c1f <==\nstarting churn-v1-f03c1f\n\n"
        "==> churn-v2-cbef85 <==\nstarting churn-v2-cbef85\n\n"
    )
    assert canary("logs", V1).out == "starting churn-v1-f03c1f\n"
    assert canary("logs", "churn", "--revision", V2, "--tail", "1").out == "starting churn-v2-cbef85\n"


def test_diff_says_what_differs_and_exits_with_1(steady: Cli) -> None:
    assert steady("diff", "churn") == Ran(0, "nothing differs\n", "")
    assert steady("diff", "churn", "--version", "3") == Ran(
        1,
        """\
FIELD          LIVE                WANTED
model.modelId  m-churn-1           m-churn-3
model.uri      /artifacts/churn/1  /artifacts/churn/3
model.version  1                   3
revision       churn-v1-f03c1f     churn-v3-fd76e0
traffic        0 %                 100 %
""",
        "",
    )


def test_diff_shows_a_rejected_version_too(canary: Cli) -> None:
    canary("rollback", "churn")
    assert canary("diff", "churn", "--version", "2").code == 1


def test_diff_that_cannot_tell_exits_with_more_than_1(steady: Cli) -> None:
    steady.host.registry.register("churn", FakeVersion(status="PENDING_REGISTRATION"))
    ran = steady("diff", "churn", "--version", "4")
    assert (ran.code, ran.out) == (2, "")


def test_a_prediction_and_the_split_of_many(canary: Cli) -> None:
    assert canary("predict", "churn", "--to", V2) == Ran(
        0, "ROW  PREDICTION\n  1  0\n  2  0\n\nanswered by churn-v2-cbef85 in 4.0 ms\n", ""
    )
    many = canary("predict", "churn", "--count", "200", "--connections", "4")
    assert many.code == 0
    assert many.out.splitlines()[:3] == [
        "REVISION         REQUESTS   SHARE  ERRORS  4XX",
        "churn-v1-f03c1f       180  90.0 %       0    0",
        "churn-v2-cbef85        20  10.0 %       0    0",
    ]


def test_a_prediction_that_is_an_error_is_exit_1_with_the_servers_words(canary: Cli) -> None:
    canary.host.behaves(V2, Behaviour(status=0))
    assert canary("predict", "churn", "--to", V2) == Ran(
        1, "", "error: no answer came: connection reset\nhint: platformctl logs churn\n"
    )
    assert canary("predict", "churn", "--count", "100").code == 1


def test_a_watched_canary_that_stays_unready_is_rolled_back(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(crashes_after=5))
    ran = steady("deploy", "churn", "--canary", "10", "--watch", "1m")
    assert ran.code == 1
    assert "error: churn-v2-cbef85 failed: it was not ready for 10 s: restarting\n" in ran.err
    assert "churn-v1-f03c1f serves as before" in ran.err
    assert "churn: steady" in steady("status", "churn").out


def test_delete_asks_and_nobody_is_there(steady: Cli) -> None:
    assert steady("delete", "churn") == Ran(
        2,
        "",
        TARGET
        + "error: --yes: there is no terminal to ask: delete churn (churn-v1-f03c1f) and its history?\n"
        "hint: agree with --yes\n",
    )
    assert steady("delete", "churn", "--yes") == Ran(
        0, "churn is deleted\n", TARGET + "traffic: none\nremoving churn-v1-f03c1f\n"
    )


def test_prune_removes_what_is_not_kept(canary: Cli) -> None:
    canary("promote", "churn")
    assert canary("prune", "churn", "--keep", "0", "--dry-run").out == "remove churn-v1-f03c1f\n"
    assert canary("prune", "churn", "--keep", "0").out == "removed churn-v1-f03c1f\n"
    assert canary("rollback", "churn", "--dry-run").out == (
        "prepare churn-v1-f03c1f\n"
        "traffic of churn-v2-cbef85: 100 % to 0 %\n"
        "traffic of churn-v1-f03c1f: 0 % to 100 %\n"
        "remove churn-v2-cbef85\n"
    )


def test_the_status_of_a_deployment_in_knative_mode(canary: Cli) -> None:
    canary.host.fakes.beside = {
        "host": "churn-predictor.models.example.com",
        "served": Route(weights={V1: 100}),
    }
    asleep = {"asleep": True, "backing": ("churn-predictor-00007", "churn-predictor-00005"), "bounds": (0, 4)}
    canary.host.behaves(V1, Behaviour(serving=None, beside=asleep))
    awake = {"backing": ("churn-predictor-00008",), "bounds": (1, 1)}
    canary.host.behaves(V2, Behaviour(serving=None, beside=awake))
    assert (
        canary("status", "churn").out
        == """\
churn: canary to 10 %, since 2026-01-01 00:00:02 UTC
url: http://fake/churn/v1/models/churn:predict
host: churn-predictor.models.example.com

REVISION         ROLE    MODEL                 SHARE   READY  SCALES
churn-v1-f03c1f  stable  churn v1  90 % (live 100 %)  asleep  0-4
churn-v2-cbef85  canary  churn v2    10 % (live 0 %)     1/1

REVISION         REQUESTS     ERRORS  4XX  P50 MS  P95 MS
churn-v1-f03c1f         1  0 (0.0 %)    0     3.0     4.8
churn-v2-cbef85         1  0 (0.0 %)    0     3.0     4.8

Knative revisions of each, the newest first:
  churn-v1-f03c1f: churn-predictor-00007, churn-predictor-00005
  churn-v2-cbef85: churn-predictor-00008
"""
    )
    (stable, other) = json.loads(canary("status", "churn", "-o", "json").out)["revisions"]
    assert (stable["asleep"], stable["share"], stable["served"]) == (True, 90, 100)
    assert stable["backing"] == ["churn-predictor-00007", "churn-predictor-00005"]
    assert (other["asleep"], other["share"], other["served"]) == (False, 10, 0)


def test_what_is_scaled_by_is_said_as_far_as_it_is_known(canary: Cli) -> None:
    gauges = (Gauge("rps", "50 a replica"),)
    canary.host.behaves(V1, Behaviour(serving=None, beside={"bounds": (0, 4), "gauges": gauges}))
    assert "  0-4, rps 50 a replica" in canary("status", "churn").out
