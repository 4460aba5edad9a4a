"""`python -m benchmarks.judge`: how often the judge is wrong, and how soon it is right, on simulated traffic.

    python -m benchmarks.judge [--runs 2000] [--looks 1000]

The same windows go through ours and through restatements of what Argo Rollouts, Flagger and Kayenta decide
by. Seeds are fixed. `ours` and the peers: percent of the rollouts that are rolled back, or passed; peers
look at 40 windows, which they decide by once. `requests`: of the canary, until the stated part is decided.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

import numpy as np

from benchmarks import Bar, report
from benchmarks.judge import alone
from benchmarks.judge.ours import NEVER, Ours
from benchmarks.judge.peers import Argo, Flagger, Kayenta
from benchmarks.judge.traffic import Array, Traffic, always, jumping
from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Gate, Kind, Standing, Unit
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.policy_gates import Gates, RateGate
from platformctl.domain.windows import Tally, Window
from platformctl.judge.defaults import FINE, gates_of
from platformctl.judge.gates import after, judge

_Rule = Argo | Flagger | Kayenta
_PEERS: Mapping[str, type[_Rule]] = {
    "Argo": Argo,
    "Flagger": Flagger,
    "Kayenta": Kayenta,
}
_GATES = gates_of(RolloutPolicy())
ERRORS, SLOW = _GATES[Kind.ERRORS], _GATES[Kind.LATENCY]
_BURSTS = ERRORS.model_copy(update={"unit": Unit.WINDOW})
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_SHORT = 40
"""Windows that peers look at, which decide once; ours is looked at in all."""


@dataclass(frozen=True)
class Caught:
    """A bad canary that is to be seen in time, or a good one: by `part` of the rollouts."""

    name: str
    gate: Gate
    traffic: Traffic
    part: float
    requests: int
    passes: bool = False


_IN_TIME = (
    Caught("errors 1 % -> 2 %", ERRORS, Traffic(30, 0.1, always(0.02), always(0.01)), 0.95, 5000),
    Caught("errors 0.5 % -> 10 %", ERRORS, Traffic(10, 0.1, always(0.1), always(0.005)), 0.95, 120),
    Caught("slow 5 % -> 10 %", SLOW, Traffic(30, 0.1, always(0.1), always(0.05)), 0.95, 1000),
    Caught("all fail, weight 10 %", ERRORS, Traffic(1, 0.1, always(1), always(0.005)), 0.95, 6),
    Caught("all fail, weight 1 %", ERRORS, Traffic(1, 0.01, always(1), always(0.005)), 0.95, 6),
    Caught(
        "equal at 1 %, margin 2, passes",
        ERRORS,
        Traffic(30, 0.1, always(0.01), always(0.01)),
        0.9,
        4000,
        passes=True,
    ),
    Caught(
        "bursts, 1 % -> 5 %, by windows",
        _BURSTS,
        Traffic(100, 0.1, always(0.05), always(0.01), bursts=True),
        0.9,
        7000,
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, print the table, and the bars as JSON; 1 if one does not hold."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.judge")
    options.add_argument("--runs", type=int, default=2000)
    options.add_argument("--looks", type=int, default=1000)
    chosen = options.parse_args(arguments)
    print(f"{'equal versions: rolled back, %':52}{'ours':>8}" + "".join(f"{name:>9}" for name in _PEERS))
    bars = [*_equal(chosen.runs, chosen.looks), *_bursts(chosen.runs, chosen.looks)]
    print(f"\n{'decided in time':44}{'ours, %':>9}{'requests':>10}")
    bars += [_caught(case, chosen.runs) for case in _IN_TIME]
    bars += [_margin(chosen.runs, chosen.looks), _alone(chosen.runs), *_cost()]
    return report("judge", bars)


def _equal(runs: int, looks: int) -> Sequence[Bar]:
    worst = 0.0
    for rate, asked, weight, jumps in product((0.001, 0.005, 0.05), (30, 300), (0.1, 0.5), (False, True)):
        errors = jumping(rate, looks // 2) if jumps else always(rate)
        traffic = Traffic(asked, weight, errors, errors)
        slow = Traffic(asked, weight, always(0.05), always(0.05))
        gates, peers = (Ours(ERRORS, traffic, runs), Ours(SLOW, slow, runs)), _peers(traffic, runs)
        dice = np.random.default_rng(1)
        for number in range(looks):
            seen = traffic.window(number, runs, dice)
            gates[0].look(number, seen)
            gates[1].look(number, slow.window(number, runs, dice))
            for peer in peers.values() if number < _SHORT else ():
                peer.look(number, seen)
        ours = _percent(np.minimum(gates[0].failed, gates[1].failed))
        worst = max(worst, ours)
        what = f"{100 * rate:g} %, {asked} a window, weight {100 * weight:g} %{', jumps' if jumps else ''}"
        _row(what, ours, {name: _percent(peer.failed) for name, peer in peers.items()})
    return [Bar("equal versions rolled back, worst case, %", worst, 1.0)]


def _bursts(runs: int, looks: int) -> Sequence[Bar]:
    worst = 0.0
    for asked in (30, 100, 300):
        traffic = Traffic(asked, 0.1, always(0.01), always(0.01), bursts=True)
        gate, peers = Ours(_BURSTS, traffic, runs), _peers(traffic, runs)
        dice = np.random.default_rng(2)
        for number in range(looks):
            seen = traffic.window(number, runs, dice)
            gate.look(number, seen)
            for peer in peers.values() if number < _SHORT else ():
                peer.look(number, seen)
        worst = max(worst, _percent(gate.failed))
        what = f"1 % in bursts, {asked} a window, by windows"
        _row(what, _percent(gate.failed), {name: _percent(peer.failed) for name, peer in peers.items()})
    return [Bar("equal versions in bursts rolled back, worst case, %", worst, 1.0)]


def _caught(case: Caught, runs: int) -> Bar:
    gate, dice = Ours(case.gate, case.traffic, runs), np.random.default_rng(3)
    for number in range(2 * case.requests // case.traffic.asked):
        gate.look(number, case.traffic.window(number, runs, dice))
    decided = gate.passed if case.passes else gate.failed
    requests = np.where(decided < NEVER, (decided + 1) * case.traffic.asked, NEVER)
    in_time = 100 * float(np.mean(requests <= case.requests))
    needed = float(np.quantile(requests, case.part))
    print(f"{case.name:44}{in_time:9.1f}{needed:10,.0f}")
    name = f"{case.name}: within {case.requests:,} canary requests, %, at least"
    return Bar(name, in_time, 100 * case.part, at_least=True)


def _margin(runs: int, looks: int) -> Bar:
    """Below what is fine a canary passes whatever stable has: there the margin is judged without that."""
    worst = 0.0
    for stable in (0.001, 0.005, 0.01, 0.2, 0.45):
        traffic = Traffic(30, 0.1, always(2 * stable), always(stable))
        judged = ERRORS if 2 * stable >= FINE else ERRORS.model_copy(update={"fine": None})
        gate, dice = Ours(judged, traffic, runs), np.random.default_rng(4)
        for number in range(looks):
            gate.look(number, traffic.window(number, runs, dice))
        worst = max(worst, _percent(gate.passed))
    return Bar("truly at the margin, passed, worst of five rates, %", worst, 5.0)


def _alone(runs: int) -> Bar:
    """After the last step there is nothing to compare with: a limit is made from what stable had."""
    worst = 0.0
    for rate, before, unit in product((0.001, 0.01, 0.05), (30, 300, 1000, 30_000), Unit):
        auto = Automatic(policy=RolloutPolicy(gates=Gates(errors=RateGate(unit=unit))), began=_BEGAN)
        dice = np.random.default_rng(5)
        failed = [alone.fails(auto, rate, before, dice) for _ in range(runs // 10)]
        worst = max(worst, 100 * float(np.mean(failed)))
    return Bar("equal versions rolled back when they have everything, worst case, %", worst, 1.0)


def _cost() -> Sequence[Bar]:
    """1,000 rollouts judged once, by the product; and what is kept after a thousand windows."""
    window = Window(canary=Tally(requests=30, events=1), stable=Tally(requests=270, events=2))
    kept = {gate: Standing() for gate in (ERRORS, SLOW)}
    for number in range(1000):
        kept = {gate: after(gate, standing, window) for gate, standing in kept.items()}
        if not number:
            first = sum(len(standing.model_dump_json()) for standing in kept.values())
    last = sum(len(standing.model_dump_json()) for standing in kept.values())
    started = time.perf_counter()
    for _ in range(1000):
        for gate, standing in kept.items():
            judge(gate, after(gate, standing, window))
    seconds = time.perf_counter() - started
    print(f"\n1,000 rollouts judged once: {seconds:.2f} s; kept: {first} bytes, then {last}")
    return [
        Bar("1,000 rollouts judged once, s", seconds, 1.0),
        Bar("what is kept after 1,000 windows, times that after one", last / first, 1.5),
    ]


def _peers(traffic: Traffic, runs: int) -> Mapping[str, Argo | Flagger | Kayenta]:
    return {name: peer(traffic, runs) for name, peer in _PEERS.items()}


def _percent(decided: Array) -> float:
    return 100 * float(np.mean(decided < NEVER))


def _row(what: str, ours: float, peers: Mapping[str, float]) -> None:
    print(f"{what:52}{ours:8.2f}" + "".join(f"{value:9.1f}" for value in peers.values()))


if __name__ == "__main__":
    sys.exit(main())
