"""What a server process costs besides requests: its start, and its memory."""

import statistics
import time

from benchmarks import Bar
from benchmarks.serving import sides
from benchmarks.serving.measuring import note, up
from benchmarks.serving.servers import running
from benchmarks.serving.workplace import Section, Workplace

STARTS = 5
START_BAR_S = 3.5
START_WITH_MLFLOW_BAR_S = 5.0
RESIDENT_BAR_MIB = 230.0
GROWTH_BAR_PERCENT = 2.0
_TURN_S = 10.0
_SETTLED_S = 60.0


def start(work: Workplace) -> Section:
    """From the start of the process to the first 200 of its readiness; the first of each does not count."""
    lr = [
        sides.ours(work.model("lr"), work.scratch, "fused"),
        sides.ours(work.exported("lr"), work.scratch, "onnx"),
        sides.ours(work.model("lr"), work.scratch, "pyfunc"),
        sides.seed(work.model("lr")),
    ]
    taken: dict[str, list[float]] = {side.name: [] for side in lr}
    for number in range(STARTS + 1):
        note(f"start {number} of {STARTS}")
        for side in lr:
            with running(side.command, work.core) as server:
                taken[side.name].append(server.ready_after)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}
    lines = [f"{'start to ready, s':34}", *(f"{name:34}{median:8.2f}" for name, median in medians.items())]
    return Section(
        lines,
        [
            Bar("start to ready without mlflow (lr, fused), s", medians[lr[0].name], START_BAR_S),
            Bar("start to ready with mlflow (lr, pyfunc), s", medians[lr[2].name], START_WITH_MLFLOW_BAR_S),
        ],
    )


def resident(work: Workplace) -> Section:
    """Resident memory after a load."""
    side = sides.ours(work.exported("lr"), work.scratch, "onnx")
    with up(side, work.questions("lr"), work.core) as server:
        fresh = server.server.resident_mib()
        server.closed(work.seconds)
        loaded = server.server.resident_mib()
    lines = [f"resident memory: {fresh:.0f} MiB, after a load {loaded:.0f} MiB"]
    return Section(lines, [Bar("lr, onnx: resident memory after a load, MiB", loaded, RESIDENT_BAR_MIB)])


def lasting(work: Workplace) -> Section:
    """Resident memory in the end of a long load, against what it was after its first minute."""
    side = sides.ours(work.exported("lr"), work.scratch, "onnx")
    whole = 60 * work.minutes
    settled = min(_SETTLED_S, whole / 2)
    taken: list[tuple[float, float]] = []
    requests = 0.0
    with up(side, work.questions("lr"), work.core) as server:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < whole:
            figures = server.closed(min(_TURN_S, whole / 4))
            requests += figures.rate * min(_TURN_S, whole / 4)
            taken.append((time.monotonic() - began, server.server.resident_mib()))
            note(f"{passed / 60:.1f} of {work.minutes:g} minutes: {taken[-1][1]:.1f} MiB")
    first = next(mib for at, mib in taken if at >= settled)
    last = taken[-1][1]
    growth = 100 * (last / first - 1)
    line = (
        f"{work.minutes:g} minutes, {requests / 1e6:.1f} million requests: {first:.1f} MiB after "
        f"{settled:.0f} s, {last:.1f} MiB in the end, {growth:+.2f} %"
    )
    return Section([line], [Bar("lr, onnx: growth under a long load, %", abs(growth), GROWTH_BAR_PERCENT)])
