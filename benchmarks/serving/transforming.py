"""What a transformer of columns adds: in the predictor's process, and in one of its own."""

from dataclasses import replace
from pathlib import Path

from benchmarks import Bar
from benchmarks.serving import sides
from benchmarks.serving.load import HOST
from benchmarks.serving.measuring import all_up, in_turns, up
from benchmarks.serving.servers import running
from benchmarks.serving.sides import PREDICT, Row, Side
from benchmarks.serving.workplace import Section, Workplace, table
from tests.ports import free_port

CPU_BAR = 1.1
HOP_BAR_MS = 1.0
RENAMED = {"Plan": "plan", "MonthlyCharge": "monthly_charge"}
TRANSFORMER = {
    "features": {"rename": RENAMED, "default": {"region": "north"}, "cast": {"tenure_months": "double"}}
}


def measure(work: Workplace) -> Section:
    """LR by ONNX, the quickest there is: alone, with a transformer beside it, and with one before it."""
    model, asked = work.exported("lr"), work.questions("lr")
    alone = sides.ours(model, work.scratch, "onnx")
    beside = _transforming(model, work.scratch, "onnx, collocated", predictor={"kind": "onnx"})
    with all_up([alone, beside], asked, work.core) as servers:
        figures = in_turns(servers, work.rounds, work.seconds)
        lines = table(servers, figures)
    cpu = figures[1].cpu_us / figures[0].cpu_us
    http, grpc = free_port(), free_port()
    listen = {"host": HOST, "http": http, "grpc": grpc}
    settings = sides.settings_file(work.scratch, model, predictor={"kind": "onnx"}, listen=listen)
    address = {"kind": "remote", "address": f"{HOST}:{grpc}"}
    before = replace(
        _transforming(model, work.scratch, "onnx, separate", predictor=address), runtime="remote"
    )
    with (
        running(sides.serve("predictor", settings, http), work.core),
        up(beside, asked, work.core) as here,
        up(before, asked, work.core) as there,
    ):
        figures = in_turns([here, there], work.rounds, work.seconds / 2, connections=1)
        lines += ["one connection:", *table([here, there], figures)]
    hop = figures[1].p50 - figures[0].p50
    return Section(
        lines,
        [
            Bar("transformer, collocated: times the CPU of the predictor alone", cpu, CPU_BAR),
            Bar("transformer, separate: added at the median over collocated, ms", hop, HOP_BAR_MS),
        ],
    )


def _transforming(model: Path, folder: Path, name: str, predictor: object) -> Side:
    """A server with the transformer; callers use their own names."""
    port = free_port()
    settings = sides.settings_file(
        folder, model, predictor=predictor, transformer=TRANSFORMER, listen={"host": HOST, "http": port}
    )
    command = sides.serve(f"platformctl, {name}", settings, port)
    return Side(command, PREDICT, _asked_by_caller, sides.first_leaving, exact=False, runtime="onnx")


def _asked_by_caller(row: Row) -> object:
    theirs = {known: callers for callers, known in RENAMED.items()}
    return {"instances": [{theirs.get(name, name): value for name, value in row.items()}]}
