"""32 connections, one row a request: how many times the seed pattern."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks import Bar
from benchmarks.serving import peers, sides
from benchmarks.serving.measuring import Asked, in_turns, note, up
from benchmarks.serving.servers import Failed
from benchmarks.serving.sides import Question
from benchmarks.serving.workplace import Section, Workplace, table

P99_BAR_MS = 5.0


def measure(name: str, wanted: Sequence[tuple[str, float]], work: Workplace) -> Section:
    """One model by the seed pattern, by ours, and by the peers if they are wanted.

    Args:
        name: The model.
        wanted: How we serve it, and how many times the seed pattern that has to be; 0: no bar.
        work: Where and how long.
    """
    asked = work.questions(name)
    with ExitStack() as stack:
        open_side = partial(_opened, stack, asked, work.core)
        servers = [open_side(sides.seed(work.model(name)))]
        for runtime, _ in wanted:
            model = work.exported(name) if runtime == "onnx" else work.model(name)
            servers.append(open_side(sides.ours(model, work.scratch, runtime)))
        left_out = _add_peers(servers, open_side, name, work) if work.peers else []
        figures = in_turns(servers, work.rounds, work.seconds)
        section = Section([*table(servers, figures), *left_out])
    for (runtime, bar), mine in zip(wanted, figures[1:], strict=False):
        if bar:
            ratio = mine.rate / figures[0].rate
            section.bars.append(
                Bar(f"{name}, {runtime}: times the seed pattern, at least", ratio, bar, at_least=True)
            )
        if (name, runtime) == ("lr", "onnx"):
            section.bars.append(Bar("lr, onnx: p99 at 32 connections, ms", mine.p99, P99_BAR_MS))
    return section


def _opened(stack: ExitStack, asked: Sequence[Question], core: int, side: sides.Side) -> Asked:
    return stack.enter_context(up(side, asked, core))


def _add_peers(
    servers: list[Asked], open_side: Callable[[sides.Side], Asked], name: str, work: Workplace
) -> list[str]:
    """Those that install and start; answers a line for each that does not."""
    left_out = []
    for peer, make in peers.ALL.items():
        note(f"peer: {peer}")
        try:
            servers.append(open_side(make(work.model(name), work.cache)))
        except Failed as failure:
            left_out.append(f"left out: {peer}: {failure}")
    return left_out
