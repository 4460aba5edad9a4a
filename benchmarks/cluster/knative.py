"""`python -m benchmarks.cluster --knative`: rollouts in Knative mode, while requests run.

First the share of a canary of 10 % is counted over 10,000 requests, of a small server. Then, over and over:
a canary, a third version in its place, rollback, a canary again, promotion, rollback; meanwhile 8 connections
ask, and it is counted what was lost, and who answered without having weight. `live` is from the start of a
command to the last answer of whoever lost all weight by it. At the end a canary's first answer of our server,
as in Standard mode, and that of a deployment that was asleep.
"""

import statistics
from collections.abc import Sequence

from benchmarks import Bar, report
from benchmarks.cluster import asleep, first_answer
from benchmarks.cluster.first_answer import Shown
from benchmarks.cluster.knative_stage import knative_stage
from benchmarks.cluster.stage import NAME, Ground
from benchmarks.cluster.under_load import Taken, answers, load, lost, run, story

ROUNDS = 20

SHARE, REQUESTS = 10, 10_000
SHARE_BAR_POINTS = 1.0
LIVE_BAR_S = 3.0
FIRST_ANSWER_BAR_S = 10.0

_PAUSE_S = 0.05
"""Of each connection between two requests of the rollouts: a load, and no flood, as the cores start pods."""

_MOVES = ("rollback", "promote")
"""Commands that a change of the percentage suffices for: after a promotion the older one is made anew."""


def main(rounds: int, canaries: int) -> int:
    """Measure, print the tables, and the bars as JSON; 1 if one does not hold.

    Args:
        rounds: Repetitions of the rollouts.
        canaries: First answers of a canary, and of a sleeper.
    """
    with knative_stage() as one:
        share = _share(one.small)
        print(f"{SHARE} % of {REQUESTS}: {share:.2f} %", flush=True)
        taken, failed = _rollouts(one.small, rounds)
        shown = [first_answer.canary(one) for _ in range(canaries)]
        woken = asleep.first_answers(one.sleeper, canaries)
    _print(taken, failed, shown, woken)
    return report("cluster, Knative mode", _bars(share, taken, failed, shown))


def _share(one: Ground) -> float:
    """What a canary gets, in percent; it is rolled back then."""
    deploy = ("deploy", "-f", "churn.yaml", "--version", "2", "--canary", str(SHARE))
    one.platformctl("-n", one.namespace, *deploy)
    with load(one, one.host(), limit=REQUESTS) as asking:
        asking.wait()
    one.platformctl("-n", one.namespace, "rollback", NAME)
    if failed := lost(asking):
        raise SystemExit(f"{len(failed)} of {REQUESTS} requests were lost: {failed[:3]}")
    return 100 * answers(asking)[2] / REQUESTS


def _rollouts(one: Ground, rounds: int) -> tuple[Sequence[Taken], Sequence[str]]:
    """What became of each command, and of the requests that were lost."""
    with load(one, one.host(), pause=_PAUSE_S) as asking:
        taken = []
        for number in range(rounds):
            first, third = (2, 3) if number % 2 else (3, 2)  # who was taken back last is not who comes next
            taken += list(run(one, asking, story(first, third)))
            print(f"round {number + 1}: {asking.tally.answered} answered", flush=True)
    return taken, lost(asking)


def _print(
    taken: Sequence[Taken], failed: Sequence[str], shown: Sequence[Shown], woken: Sequence[float]
) -> None:
    print(f"\n{'s, medians':26}{'ended':>8}{'live':>8}{'slowest':>9}{'strays':>8}")
    for what in dict.fromkeys(one.what for one in taken):
        steps = [one for one in taken if one.what == what]
        live = [one.live for one in steps if one.live is not None]
        ended = statistics.median(one.ended for one in steps)
        words = f"{statistics.median(live):8.1f}{max(live):9.1f}" if live else f"{'':17}"
        print(f"{what:26}{ended:8.1f}{words}{sum(one.strays for one in steps):8}")
    print(f"\nlost: {len(failed)}", *failed[:10], sep="\n")
    print(f"\n{'deploy --canary, s':20}{'pod made':>10}{'ready':>8}{'answered':>10}{'ended':>8}{'added':>8}")
    for look in shown:
        row = f"{look.made:10.1f}{look.ready:8.1f}{look.answered:10.1f}{look.ended:8.1f}{look.added:8.1f}"
        print(f"{'':20}{row}")
    print(f"\nfirst answer of a sleeper, s: {', '.join(f'{seconds:.1f}' for seconds in woken)}")


def _bars(
    share: float, taken: Sequence[Taken], failed: Sequence[str], shown: Sequence[Shown]
) -> Sequence[Bar]:
    live = [one.live for one in taken if one.what in _MOVES and one.live is not None]
    added = statistics.median(look.added for look in shown)
    return [
        Bar(f"{SHARE} % of {REQUESTS} requests, points off", abs(share - SHARE), SHARE_BAR_POINTS),
        Bar("requests lost under 8 connections", len(failed), 0),
        Bar("answers of revisions without weight", sum(one.strays for one in taken), 0),
        Bar("change of percentage live, s", statistics.median(live), LIVE_BAR_S),
        Bar("canary's first answer beyond its pod's own start, s", added, FIRST_ANSWER_BAR_S),
    ]
