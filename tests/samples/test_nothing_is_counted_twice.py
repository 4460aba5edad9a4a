"""Of several servers that begin anew, come, go, and are told late or not at all."""

import math
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platformctl.domain.counts import Counts, of_parts
from platformctl.samples.cutting import Unusable, cut
from platformctl.samples.increments import increment, is_stale, lost, merged
from tests.samples.test_windows_are_what_came_between_two_readings import _reading

pytestmark = pytest.mark.quick


def _counts(requests: int, errors: int = 0, began: float | None = None, at: float | None = None) -> Counts:
    return Counts(requests, errors, latency={math.inf: requests}, began=began, at=at)


@dataclass(frozen=True)
class Turn:
    """What happens before a look.

    Args:
        answers: How many each server gives.
        anew: Those that begin anew after that.
        more: How many each server gives then.
        silent: Those that cannot be scraped.
        late: How many scrapes who answers us is behind.
        shifts: Whether the weights change then.
    """

    answers: dict[str, int]
    anew: set[str]
    more: dict[str, int]
    silent: set[str]
    late: int
    shifts: bool


_SOME = st.dictionaries(st.sampled_from("ab"), st.integers(1, 9), max_size=2)
_THOSE = st.sets(st.sampled_from("ab"), max_size=1)
_RARELY = st.sampled_from((False, False, False, False, True))
_LATE = st.sampled_from((0, 0, 1, 2))
_TURNS = st.lists(st.builds(Turn, _SOME, _THOSE, _SOME, _THOSE, _LATE, _RARELY), min_size=4, max_size=8)


@settings(max_examples=300)
@given(_TURNS)
def test_no_more_is_counted_than_has_happened(turns: list[Turn]) -> None:
    """Of no server, whoever else restarts, is silent or told late: no slack of one hides another's."""
    now, last = 100.0, of_parts({})
    began, total = dict.fromkeys("ab", 1.0), dict.fromkeys("ab", 0)
    happened, counted = Counter[str](), Counter[str]()
    scraped: list[dict[str, Counts]] = [{}, {}]
    for turn in turns:
        for answers, anew in ((turn.answers, turn.anew), (turn.more, set[str]())):
            happened.update(answers)
            now += 10.0
            for name in "ab":
                total[name] = 0 if name in anew else total[name] + answers.get(name, 0)
                began[name] = now if name in anew else began[name]
        scraped.append({n: _counts(total[n], began=began[n], at=now) for n in set("ab") - turn.silent})
        said = of_parts(scraped[-1 - turn.late], now + 5.0)
        if turn.shifts:
            happened.clear()
            counted.clear()
            last = said
            continue
        for name in "ab":
            one = of_parts({key: part for key, part in (last.parts or {}).items() if key == name}, last.at)
            counted[name] += increment(one, said).requests
        last = merged(last, said)
        assert all(counted[name] <= happened[name] for name in "ab"), (counted, happened)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)), max_size=8), st.data())
def test_without_restarts_nothing_is_lost(steps: list[dict[str, int]], data: st.DataObject) -> None:
    """However it is cut, and whoever is silent meanwhile."""
    totals, counted = dict.fromkeys("abc", 0), 0
    last = of_parts({name: _counts(0, began=1.0) for name in totals})
    for more in steps:
        totals = {name: total + more.get(name, 0) for name, total in totals.items()}
        silent = data.draw(st.sets(st.sampled_from("abc")))
        said = of_parts({n: _counts(total, began=1.0) for n, total in totals.items() if n not in silent})
        counted += increment(last, said).requests
        last = merged(last, said)
    said = of_parts({name: _counts(total, began=1.0) for name, total in totals.items()})
    assert counted + increment(last, said).requests == sum(totals.values())


@pytest.mark.parametrize(
    ("before", "after", "came"),
    [
        (_counts(10, began=1.0), _counts(12, began=1.9), 2),
        (_counts(10, began=1.0), _counts(12, began=50.0), 12),
        (_counts(10, began=50.0), _counts(12, began=1.0), 0),
        (_counts(10, began=1.0), _counts(7, began=1.0), 0),
        (_counts(10), _counts(7), 7),
        (_counts(10, began=1.0), _counts(7), 7),
        (of_parts({}), _counts(7), 0),
        (_counts(7), of_parts({"a": _counts(9)}), 0),
        (of_parts({"a": _counts(3, at=5.0)}, at=6.0), of_parts({"a": _counts(9, at=7.0)}, at=8.0), 0),
        (of_parts({"a": _counts(3, at=6.0)}, at=6.0), of_parts({"a": _counts(9, at=7.0)}, at=8.0), 6),
    ],
    ids=[
        *("the same process", "another one", "an earlier one", "told late", "fallen", "fallen, nobody knows"),
        *("of nobody to one", "of one to several", "scraped before it was asked", "scraped since"),
    ],
)
def test_what_came_depends_on_whose_figures_they_are(before: Counts, after: Counts, came: int) -> None:
    assert increment(before, after).requests == came


def test_those_that_say_nothing_are_remembered_up_to_a_limit() -> None:
    last = of_parts({})
    for number in range(500):
        last = merged(last, of_parts({f"pod-{number}": _counts(1, began=1.0)}))
    assert last.parts is not None
    assert len(last.parts) == 51
    assert "pod-499" in last.parts


def test_figures_that_are_all_old_are_said_so() -> None:
    new, old = (of_parts({"a": _counts(n, began=1.0), "b": _counts(n, began=1.0)}) for n in (9, 4))
    assert is_stale(new, old)
    assert not is_stale(new, of_parts({"a": _counts(4, began=1.0), "b": _counts(9, began=1.0)}))
    assert not is_stale(new, of_parts({}))
    found = cut(_reading(new, new), _reading(old, new), None)
    assert found == Unusable("the figures of canary are older than those that were told before")


def test_errors_that_are_nobodys_are_counted_through_a_restart() -> None:
    assert lost(Counts(lost=3), Counts(lost=5)) == 2
    assert lost(Counts(lost=3), Counts(lost=1)) == 1


def test_a_histogram_without_a_last_bound_is_no_figure() -> None:
    broken = Counts(5, latency={10.0: 4})
    found = cut(_reading(Counts(), Counts()), _reading(broken, Counts()), 10.0)
    assert isinstance(found, Unusable)
    assert found.why.endswith("a histogram that does not say how many answers there were")
