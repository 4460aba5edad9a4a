"""`python -m benchmarks.cluster`: what commands take against a real cluster, and what they ask of it.

    python -m benchmarks.cluster [--rounds 11] [--canaries 3] [--deployments 1000]
    python -m benchmarks.cluster --knative [--rounds 20] [--canaries 3]

On the test cluster: the one that is up, else one that is brought up for it. Beside the commands stand
Python's own start, `import kubernetes`, which each that asks a cluster pays, and kubectl, which lists the
same objects. All have their turns, round after round; figures are medians. `render` asks no cluster, and is
measured before there is one. `added` is what lies between the start of `deploy` and the canary's first
answer, without what its pod took from being made to being ready. What `--knative` measures instead is told in
`knative.py`.
"""

import argparse
import signal
import statistics
import sys
from collections.abc import Mapping, Sequence

from benchmarks import Bar, report
from benchmarks.cluster import first_answer, knative, processes
from benchmarks.cluster.first_answer import Shown
from benchmarks.cluster.processes import Asked, Case, Taken
from benchmarks.cluster.registry_alone import registry_alone
from benchmarks.cluster.stage import NAME, PLATFORMCTL, Stage, stage

ROUNDS = 11

RENDER_BAR_MS = 350.0
STATUS_BAR_MS = 400.0
LIST_BAR_MS = 2000.0
CALLS_BAR = 5
FIRST_ANSWER_BAR_S = 5.0

_BARE, _IMPORT = "python -c pass", "python -c 'import kubernetes'"
_RENDER, _STATUS, _LIST, _KUBECTL = "render", "status", "list", "kubectl get httproutes"

_OFFLINE = (
    Case(_BARE, [sys.executable, "-c", "pass"]),
    Case(_RENDER, [*PLATFORMCTL, "render", "-f", "churn.yaml"]),
)


def main() -> int:
    """Measure, print the tables, and the bars as JSON; 1 if one does not hold."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.cluster")
    options.add_argument("--knative", action="store_true")
    options.add_argument("--rounds", type=int)
    options.add_argument("--canaries", type=int, default=3)
    options.add_argument("--deployments", type=int, default=1000)
    chosen = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was made is removed then too
    if chosen.knative:
        return knative.main(chosen.rounds or knative.ROUNDS, chosen.canaries)
    return _standard(chosen.rounds or ROUNDS, chosen.canaries, chosen.deployments)


def _standard(rounds: int, canaries: int, deployments: int) -> int:
    with registry_alone() as place:
        rendering = processes.measure(place, _OFFLINE, rounds)
    with stage(deployments) as one:
        taken = {**rendering, **processes.measure(one, _cases(one), rounds)}
        calls = _calls(one)
        shown = [first_answer.canary(one) for _ in range(canaries)]
    _print(taken, calls, shown)
    return report("cluster", _bars(taken, calls, shown))


def _cases(one: Stage) -> Sequence[Case]:
    kubectl = [str(one.cluster.programs["kubectl"]), f"--kubeconfig={one.cluster.kubeconfig}"]
    return (
        Case(_IMPORT, [sys.executable, "-c", "import kubernetes"]),
        Case(_STATUS, [*PLATFORMCTL, "-n", one.namespace, "status", NAME]),
        Case(_LIST, [*PLATFORMCTL, "-n", one.many, "list"]),
        Case(_KUBECTL, [*kubectl, "-n", one.many, "get", "httproutes"]),
    )


def _calls(one: Stage) -> Mapping[str, Asked]:
    return {
        "status": processes.asked(one, "-n", one.namespace, "status", NAME),
        "status, scales by itself": processes.asked(one, "-n", one.scaled, "status", NAME),
        "list": processes.asked(one, "-n", one.many, "list"),
    }


def _print(taken: Mapping[str, Taken], calls: Mapping[str, Asked], shown: Sequence[Shown]) -> None:
    print(f"{'ms, medians':32}{'wall':>8}{'processor':>11}{'wall beyond kubernetes':>24}")
    for name, one in taken.items():
        beyond = 1000 * (one.wall - taken[_IMPORT].wall)
        print(f"{name:32}{1000 * one.wall:8.0f}{1000 * one.processor:11.0f}{beyond:+24.0f}")
    print(f"\n{'requests':32}{'objects':>8}{'pages of pods':>15}")
    for name, counted in calls.items():
        print(f"{name:32}{counted.objects:8}{counted.pages:15}")
    print(f"\n{'deploy --canary, s':32}{'pod made':>10}{'ready':>8}{'answered':>10}{'ended':>8}{'added':>8}")
    for look in shown:
        row = f"{look.made:10.1f}{look.ready:8.1f}{look.answered:10.1f}{look.ended:8.1f}{look.added:8.1f}"
        print(f"{'':32}{row}")


def _bars(taken: Mapping[str, Taken], calls: Mapping[str, Asked], shown: Sequence[Shown]) -> Sequence[Bar]:
    def beyond(name: str) -> float:
        return 1000 * (taken[name].wall - taken[_IMPORT].wall)

    added = statistics.median(look.added for look in shown)
    return [
        Bar("render, processor, ms", 1000 * taken[_RENDER].processor, RENDER_BAR_MS),
        Bar("status beyond importing kubernetes, ms", beyond(_STATUS), STATUS_BAR_MS),
        Bar("status, requests for objects", calls["status"].objects, CALLS_BAR),
        Bar("status, requests in all, one pod", sum(calls["status"]), CALLS_BAR),
        Bar("list of 1,000 beyond importing kubernetes, ms", beyond(_LIST), LIST_BAR_MS),
        Bar("canary's first answer beyond its pod's own start, s", added, FIRST_ANSWER_BAR_S),
    ]


if __name__ == "__main__":
    sys.exit(main())
