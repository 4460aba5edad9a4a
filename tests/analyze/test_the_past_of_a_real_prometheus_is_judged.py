"""Figures that a real Prometheus has of some hours ago, as model servers would have given them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from platformctl.adapters.cluster.traffic.history import MOST, PrometheusHistory
from platformctl.domain.automatic import Automatic
from platformctl.domain.errors import Refused
from platformctl.domain.gates import Kind
from platformctl.domain.names import RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.readings import Period
from platformctl.usecases.looking import learned
from platformctl.usecases.replay import Ending, Replayed, pasts, replay
from tests.analyze.history import CANARY, STABLE
from tests.cli.conftest import Cli
from tests.prometheus.real import RealPrometheus, real_prometheus

pytestmark = pytest.mark.full

_STEP = timedelta(seconds=15)
_BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
_PERIOD = Period(_BEGAN, _BEGAN + timedelta(minutes=30))


@dataclass
class Pod:
    """A server, and what it answers between two scrapes.

    Args:
        fails: Each so manieth answer is an error.
        scrapes: By number, those that there were.
        restart: Before which it has begun anew.
    """

    revision: RevisionId
    name: str
    fails: int
    requests: int
    scrapes: range
    restart: int = 0
    namespace: str = "models"

    def lines(self, family: str) -> Iterator[str]:
        labels = f'revision="{self.revision}",pod="{self.name}",instance="{self.name}:8080"'
        labels = f'{labels},namespace="{self.namespace}",protocol="v1"'
        for number in self.scrapes:
            since = self.restart if number >= self.restart else 0
            answered = self.requests * (number - since)
            errors, at = answered // self.fails, int((_BEGAN + number * _STEP).timestamp())
            if family == "platformctl_requests":
                yield f'{family}_total{{{labels},code="200"}} {answered - errors} {at}'
                yield f'{family}_total{{{labels},code="500"}} {errors} {at}'
            else:
                yield f'{family}_bucket{{{labels},le="0.1"}} {answered - answered // 50} {at}'
                yield f'{family}_bucket{{{labels},le="+Inf"}} {answered} {at}'
                yield f"{family}_count{{{labels}}} {answered} {at}"


_WHOLE = range(121)
_LATE = RevisionId("churn-v3-fd76e0")
_PODS = [
    Pod(STABLE, "stable-0", 100, 450, _WHOLE),
    Pod(CANARY, "canary-0", 20, 25, _WHOLE, restart=10),
    Pod(CANARY, "canary-1", 20, 25, range(5, 121)),
    Pod(_LATE, "late-0", 100, 25, range(60, 121)),
    Pod(CANARY, "canary-0", 1, 9999, _WHOLE, namespace="staging"),
]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPrometheus]:
    """One that had scraped these."""
    program, folder = shutil.which("promtool"), tmp_path_factory.mktemp("prometheus")
    if program is None:
        pytest.skip("no promtool: apt-get install prometheus")
    families = {"platformctl_requests": "counter", "platformctl_request_seconds": "histogram"}
    text = "".join(
        f"# TYPE {family} {kind}\n" + "".join(f"{line}\n" for pod in _PODS for line in pod.lines(family))
        for family, kind in families.items()
    )
    (folder / "past.txt").write_text(text + "# EOF\n")
    files = [str(folder / "past.txt"), str(folder / "data")]
    command = [program, "tsdb", "create-blocks-from", "openmetrics", *files]
    subprocess.run(command, check=True, capture_output=True)
    with real_prometheus(folder) as one:
        yield one


def _judged(past: RealPrometheus, namespace: str | None) -> Replayed:
    moments = PrometheusHistory(past.url, namespace).read([CANARY, STABLE], _PERIOD, _STEP)
    return replay(RolloutPolicy(), pasts(moments, CANARY, STABLE))


def test_servers_are_followed_each_by_itself_through_a_restart(past: RealPrometheus) -> None:
    moments = PrometheusHistory(past.url, "models").read([CANARY, STABLE], _PERIOD, _STEP)
    assert [moment.at - _BEGAN for moment in moments] == [number * _STEP for number in range(121)]
    found = pasts(moments, CANARY, STABLE)
    auto = Automatic(policy=RolloutPolicy(), began=_BEGAN)
    for each in found:
        auto = auto.model_copy(update={"evidence": learned(auto, each.reading).evidence})
    seen = auto.evidence.standings[Kind.ERRORS]
    of_stable, of_canary = 450 * 120, 25 * (120 - 1) + 25 * (120 - 5)
    assert (seen.compared.stable.requests, seen.seen.requests) == (of_stable, of_canary)
    assert seen.seen.events == pytest.approx(of_canary / 20, abs=3)
    assert auto.evidence.bound == 100.0


def test_a_revision_has_no_figures_before_it_is_there(past: RealPrometheus) -> None:
    moments = PrometheusHistory(past.url, "models").read([_LATE, STABLE], _PERIOD, _STEP)
    assert [_LATE in moment.counts for moment in moments] == [False] * 60 + [True] * 61
    assert pasts(moments, _LATE, STABLE)[0].reading.at == _BEGAN + 60 * _STEP


def test_what_would_have_happened_is_said(past: RealPrometheus) -> None:
    found = _judged(past, "models")
    assert (found.ending, found.missed) == (Ending.ROLLED_BACK, [])
    assert timedelta(minutes=1) < found.at - _BEGAN < timedelta(minutes=15)


def test_the_figures_of_another_namespace_are_not_ours(past: RealPrometheus) -> None:
    both = PrometheusHistory(past.url, None).read([CANARY], _PERIOD, _STEP)
    ours = PrometheusHistory(past.url, "models").read([CANARY], _PERIOD, _STEP)
    assert both[20].counts[CANARY].requests > 9999 > ours[20].counts[CANARY].requests


def test_it_is_typed_as_one_line(past: RealPrometheus, cli: Cli) -> None:
    since, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (_PERIOD.since, _PERIOD.until))
    times = ("--since", since, "--until", until)
    both = ("--canary", CANARY, "--stable", STABLE)
    ran = cli("analyze", "churn", "--replay", past.url, *both, *times, "-o", "json")
    found = json.loads(ran.out)
    assert (ran.code, found["ending"], found["steps"][0]["at"]) == (1, "rolled back", since)
    slow = cli("analyze", "churn", "--replay", past.url, *both, *times, "--step", "5m", "-o", "json")
    assert json.loads(slow.out)["readings"] <= 7


def test_a_time_without_figures_is_an_answer(past: RealPrometheus, cli: Cli) -> None:
    both = ("--canary", CANARY, "--stable", STABLE)
    ran = cli("analyze", "churn", "--replay", past.url, *both, "--since", "2d", "--until", "1d")
    assert ran.code == 2
    assert f"there are no figures of {CANARY}" in ran.err
    assert "are the times right?" in ran.err


def test_more_points_than_there_can_be_are_not_asked_for(past: RealPrometheus, cli: Cli) -> None:
    both = ("--canary", CANARY, "--stable", STABLE)
    ran = cli("analyze", "churn", "--replay", past.url, *both, "--since", "100d")
    assert ran.code == 2
    assert "--step: every 15 s gives more points than the 11,000" in ran.err
    assert "13 min 6 s at least" in ran.err
    most = timedelta(seconds=-(-100 * 86_400 // (MOST - 1)))
    assert most == timedelta(minutes=13, seconds=6)
    PrometheusHistory(past.url, None).read([CANARY], Period(_BEGAN - timedelta(days=99), _BEGAN), most)


def test_what_prometheus_refuses_is_said(past: RealPrometheus) -> None:
    with pytest.raises(Refused, match=r"invalid parameter|parse error"):
        PrometheusHistory(past.url, '")').read([CANARY], _PERIOD, _STEP)
