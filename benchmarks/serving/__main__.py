"""`python -m benchmarks.serving`: all sections, or those of `--only`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import psutil

from benchmarks import Bar, report
from benchmarks.serving import latency, process, throughput, transforming
from benchmarks.serving.load import HOST, closed
from benchmarks.serving.measuring import CONNECTIONS, note
from benchmarks.serving.servers import Command, Failed, cores, running
from benchmarks.serving.sides import PREDICT
from benchmarks.serving.workplace import Section, Workplace
from tests.ports import free_port

SECTIONS: Mapping[str, Callable[[Workplace], Section]] = {
    "lr": partial(throughput.measure, "lr", [("fused", 15.0), ("onnx", 40.0)]),
    "rf": partial(throughput.measure, "rf", [("fused", 0.0), ("onnx", 60.0)]),
    "hgb": partial(throughput.measure, "hgb", [("fused", 0.0), ("onnx", 40.0)]),
    "one": latency.one_connection,
    "open": latency.steady,
    "start": process.start,
    "memory": process.resident,
    "scrape": latency.scrape,
    "transformer": transforming.measure,
    "soak": process.lasting,
}
QUIET_PERCENT = 10.0
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "platformctl-benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, and the bars as JSON; 1 if one does not hold."""
    options = _parser().parse_args(arguments)
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    options.cache.mkdir(parents=True, exist_ok=True)
    bars: list[Bar] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pc-") as scratch:
        work = Workplace(
            cache=options.cache,
            scratch=Path(scratch),
            core=server_core,
            rounds=options.rounds,
            seconds=options.seconds,
            minutes=options.minutes,
            peers=options.peers,
        )
        print("\n".join([*shared(psutil.cpu_percent(interval=1.0)), ceiling(work)]), flush=True)
        for name in options.only:
            section = _section(name, work, failed)
            print("\n".join(["", f"{name}:", *section.lines]), flush=True)
            bars += section.bars
    print()
    return report("serving", [*bars, Bar("sections that could not be measured", len(failed), 0)])


def shared(busy: float) -> list[str]:
    """A warning if others use the processors: `busy` is their share in per cent while we do nothing."""
    if busy < QUIET_PERCENT:
        return []
    return [f"others use {busy:.0f} % of this machine: latencies are theirs, ratios may hold"]


def ceiling(work: Workplace) -> str:
    """What the load generator reaches against a server that does nothing."""
    port = free_port()
    command = Command("echo", [sys.executable, "-m", "benchmarks.serving.echo", str(port)], port, None)
    request = f"POST {PREDICT} HTTP/1.1\r\nhost: {HOST}\r\n\r\n{{{' ' * 700}}}".encode()
    with running(command, work.core):
        outcome = closed(port, [request], CONNECTIONS, work.seconds)
    return f"the load generator reaches {outcome.rate:.0f} requests a second, {outcome.errors} errors"


def _section(name: str, work: Workplace, failed: list[str]) -> Section:
    note(f"--- {name}")
    try:
        return SECTIONS[name](work)
    except Failed as failure:
        failed.append(name)
        return Section([f"could not be measured: {failure}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", allow_abbrev=False)
    parser.add_argument(
        "--only",
        type=_names,
        default=list(SECTIONS),
        metavar="NAMES",
        help=f"of {','.join(SECTIONS)}; default: all",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each server (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a turn (%(default)s)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the long load (%(default)s)")
    parser.add_argument("--peers", action="store_true", help="measure other servers of the models too")
    parser.add_argument(
        "--cache", type=Path, default=_CACHE, help="folder of models and of peers' environments (%(default)s)"
    )
    return parser


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such section: {', '.join(unknown)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
