"""`history`: what does not fit into a row stands below it, whole."""

from datetime import UTC, datetime

import pytest

from platformctl.cli.histories import history
from platformctl.domain.names import RevisionId
from platformctl.domain.rollout import Record
from platformctl.usecases.read import History

pytestmark = pytest.mark.quick

AT = datetime(2026, 1, 1, tzinfo=UTC)
V2 = RevisionId("churn-v2-ca797f")
ALIAS = "champion of churn is version 2"
SAID = "errors pass: canary 0 of 785 failed: 0 %; latency pass: canary 0 of 785 took more than 50 ms: 0 %"


def _shown(*records: Record, width: int = 80) -> list[str]:
    lines = history(History(records, {}), width)
    assert all(len(line) <= width for line in lines)
    assert not any("…" in line for line in lines)
    return lines


def test_a_long_event_and_a_long_revision_of_two_rows_leave_less_room_than_either() -> None:
    lines = _shown(
        Record(at=AT, event="figures are back"),
        Record(at=AT, event="serves", revision=V2, detail="100 %"),
        Record(at=AT, event="alias", detail=ALIAS),
    )
    assert ALIAS in "\n".join(lines)


@pytest.mark.parametrize("width", [64, 80, 120])
def test_what_the_gates_said_of_a_step_is_whole(width: int) -> None:
    lines = _shown(
        Record(at=AT, event="figures are back"),
        Record(at=AT, event="step", revision=V2, detail=f"10 % was held: {SAID}"),
        width=width,
    )
    words = " ".join(" ".join(lines).split())
    assert "10 % was held" in words
    assert all(part in words for part in SAID.split("; "))
