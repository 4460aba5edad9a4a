"""The page docs/rollout-states.md, drawn from the transition table.

`python -m platformctl.rollout.diagram > docs/rollout-states.md` writes it anew; a test says when.
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from platformctl.domain.rollout import Phase
from platformctl.rollout.events import Event
from platformctl.rollout.transitions import TABLE, Transition

Table = Mapping[tuple[Phase, type[Event]], Transition]

_PHASES = {
    Phase.EMPTY: "Nothing serves and nothing is on its way.",
    Phase.PREPARING: "A candidate gets ready; it has no weight. What served before serves on.",
    Phase.STEADY: "One revision has all the weight.",
    Phase.CANARY: "A candidate has its share, and waits for a decision.",
    Phase.SHIFTING: "A candidate's share is to grow; it gets the capacity for that first.",
    Phase.DELETING: "Everything is being removed; then nothing of it is recorded any more.",
}

_INTRODUCTION = """\
# The states of a rollout

Generated from the transition table in `platformctl/rollout/transitions.py` by
`python -m platformctl.rollout.diagram`; do not edit.

`step(rollout, event, now)` is a pure function: it says what the state becomes and what is due then.
State and route are committed together first, and what is due is done afterwards, so a process that is
killed anywhere leaves a state from which the next command finds the way. Only `Ready` makes a
candidate's share grow; weight is taken away at once.
"""


def page(table: Table = TABLE) -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION, f"```mermaid\n{mermaid(table)}\n```\n", _phases(), _events(), _transitions(table)]
    return "\n".join(parts)


def mermaid(table: Table) -> str:
    """The table as a Mermaid `stateDiagram-v2`; events that leave a phase as it is are not drawn.

    Source: https://mermaid.js.org/syntax/stateDiagram.html
    """
    edges: dict[tuple[Phase, Phase], list[str]] = defaultdict(list)
    for (phase, event), transition in table.items():
        for to in transition.to:
            if to is not phase:
                edges[phase, to].append(event.__name__)
    arrows = [f"    {phase} --> {to}: {', '.join(names)}" for (phase, to), names in edges.items()]
    return "\n".join(
        ["stateDiagram-v2", f"    [*] --> {Phase.EMPTY}", *arrows, f"    {Phase.DELETING} --> [*]"]
    )


def _phases() -> str:
    rows = [(f"`{phase}`", _PHASES[phase]) for phase in Phase]
    return f"## Phases\n\n{_table(('Phase', 'What it means'), rows)}"


def _events() -> str:
    rows = [(f"`{event.__name__}`", _first_line(event)) for event in get_args(Event)]
    return f"## Events\n\n{_table(('Event', 'What happened'), rows)}"


def _transitions(table: Table) -> str:
    events: Sequence[type[Event]] = get_args(Event)
    rows = [(f"`{event.__name__}`", *(_cell(table, phase, event) for phase in Phase)) for event in events]
    text = _table(("Event", *(f"`{phase}`" for phase in Phase)), rows)
    return f"## Which event leads where\n\nAn empty cell: the event is refused in that phase.\n\n{text}"


def _cell(table: Table, phase: Phase, event: type[Event]) -> str:
    transition = table.get((phase, event))
    return ", ".join(transition.to) if transition else ""


def _first_line(event: type[Event]) -> str:
    return (event.__doc__ or "").splitlines()[0]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
