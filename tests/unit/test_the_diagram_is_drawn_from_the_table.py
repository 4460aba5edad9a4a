from pathlib import Path
from typing import get_args

import pytest

from platformctl.domain.rollout import Phase
from platformctl.rollout import TABLE, Event, Promote, Ready
from platformctl.rollout.diagram import mermaid, page

pytestmark = pytest.mark.quick

PAGE = Path(__file__).parents[2] / "docs" / "rollout-states.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "python -m platformctl.rollout.diagram > docs/rollout-states.md"


def test_every_phase_and_every_event_is_on_the_page() -> None:
    for word in (*Phase, *(event.__name__ for event in get_args(Event))):
        assert f"| `{word}` |" in page()


def test_every_change_of_phase_is_an_arrow() -> None:
    drawn = mermaid(TABLE)
    arrows = {(phase, to) for (phase, _), transition in TABLE.items() for to in transition.to if to != phase}
    assert all(f"    {phase} --> {to}: " in drawn for phase, to in arrows)
    assert drawn.count("-->") == len(arrows) + 2


def test_a_smaller_table_is_a_smaller_diagram() -> None:
    table = {
        key: TABLE[key]
        for key in [(Phase.CANARY, Promote), (Phase.SHIFTING, Promote), (Phase.SHIFTING, Ready)]
    }
    assert mermaid(table) == (
        "stateDiagram-v2\n"
        "    [*] --> empty\n"
        "    canary --> shifting: Promote\n"
        "    shifting --> canary: Ready\n"
        "    shifting --> steady: Ready\n"
        "    deleting --> [*]"
    )
