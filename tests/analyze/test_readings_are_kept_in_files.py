"""The formats of past figures: what is written is read back, and what is wrong is said with its line."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.adapters import readings
from platformctl.domain.counts import Counts, of_parts
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.readings import Moment
from tests.analyze.history import BEGAN, CANARY, STABLE, History

pytestmark = pytest.mark.quick

_HEAD = "time,revision,requests,errors\n"
_LINE = f"2026-01-01T00:00:00Z,{CANARY},10,1\n"


@pytest.mark.parametrize("name", ["past.csv", "past.jsonl"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    moments = [Moment(each.at, each.counts, {CANARY: 10, STABLE: 90}) for each in History().moments(20)]
    for moment in moments:
        readings.append(tmp_path / name, moment)
    assert readings.read(tmp_path / name) == moments


def test_who_has_answered_nothing_has_no_buckets_yet(tmp_path: Path) -> None:
    moments = [
        Moment(BEGAN, {CANARY: Counts(), STABLE: Counts(requests=1, latency={5.0: 0, math.inf: 1})}),
        Moment(BEGAN + timedelta(seconds=5), {CANARY: Counts(requests=1, latency={5.0: 1, math.inf: 1})}),
    ]
    for moment in moments:
        readings.append(tmp_path / "past.jsonl", moment)
    assert readings.read(tmp_path / "past.jsonl") == moments


@pytest.mark.parametrize("name", ["past.csv", "past.jsonl"])
def test_servers_are_told_apart(tmp_path: Path, name: str) -> None:
    pods = {"a": Counts(requests=10, errors=1), "b": Counts(requests=3)}
    moment = Moment(BEGAN, {CANARY: of_parts(pods), STABLE: Counts(requests=7)})
    readings.append(tmp_path / name, moment)
    assert readings.read(tmp_path / name) == [moment]


@given(st.lists(st.integers(0, 10**12), min_size=3, max_size=3), st.sampled_from(["past.csv", "past.json"]))
def test_any_figures_come_back(
    tmp_path_factory: pytest.TempPathFactory, figures: list[int], name: str
) -> None:
    path = tmp_path_factory.mktemp("past") / name
    latency = {0.5: figures[0], 1234567.25: sum(figures), math.inf: sum(figures)}
    moment = Moment(BEGAN, {CANARY: Counts(sum(figures), figures[1], figures[2], latency)})
    readings.append(path, moment)
    assert readings.read(path) == [moment]


def test_what_is_added_begins_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    moment = Moment(BEGAN + timedelta(days=1), {CANARY: Counts(requests=12, errors=1)})
    path.write_text("time,revision,server,weight,requests,errors,rejected\n2026-01-01T00:00:00Z,a,,,1,0,0")
    readings.append(path, moment)
    assert [one.counts for one in readings.read(path)] == [{"a": Counts(requests=1)}, moment.counts]


def test_only_the_needed_fields_are_needed(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text(_HEAD + _LINE)
    (moment,) = readings.read(path)
    assert moment == Moment(BEGAN, {CANARY: Counts(requests=10, errors=1)})


def test_times_are_those_of_their_zone_or_seconds_since_1970(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    path.write_text(f"{_HEAD}2026-01-01T01:00:00+01:00,a,1,0\n1767225660.5,a,2,0\n")
    assert [each.at for each in readings.read(path)] == [BEGAN, BEGAN + timedelta(seconds=60.5)]
    assert datetime.fromtimestamp(1767225600, UTC) == BEGAN


def test_all_answers_are_in_the_last_bucket_where_it_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "past.jsonl"
    line = {"time": "2026-01-01T00:00:00Z", "revision": "a", "requests": 9, "errors": 0, "latency": {"5": 7}}
    path.write_text(json.dumps(line) + "\n\n")
    assert readings.read(path)[0].counts[RevisionId("a")].latency == {5.0: 7, math.inf: 9}


_WRONG = {
    "a field of another name": (
        "time,revision,requests,error\n",
        "line 1: there is no field 'error'",
        "errors",
    ),
    "a field too few": ("time,revision,requests\n", "line 1: there is no errors", "docs/analyze.md"),
    "a number that is none": (f"{_HEAD}{_LINE}{_LINE[:-2]}x\n", "line 3: errors is 'x'", "whole number"),
    "a number below 0": (f"{_HEAD}{_LINE[:-2]}-1\n", "line 2: errors is '-1'", "whole number"),
    "half a request": (f"{_HEAD}{_LINE[:-2]}0.5\n", "line 2: errors is '0.5'", "whole number"),
    "a cell too few": (f"{_HEAD}2026-01-01T00:00:00Z,a,1\n", "line 2: it has not as many cells", "docs/"),
    "a cell too many": (
        f"{_HEAD}2026-01-01T00:00:00Z,a,1,2,3\n",
        "line 2: it has not as many cells",
        "docs/",
    ),
    "an empty cell": (f"{_HEAD}2026-01-01T00:00:00Z,a,1,\n", "line 2: errors is nothing", "whole number"),
    "no revision": (f"{_HEAD}2026-01-01T00:00:00Z, ,1,0\n", "line 2: revision is nothing", "its name"),
    "a time that is none": (
        f"{_HEAD}yesterday,a,1,0\n",
        "line 2: time is 'yesterday'",
        "2026-01-31T12:00:00Z",
    ),
    "a time of no zone": (f"{_HEAD}2026-01-01 10:00,a,1,0\n", "without its zone", "2026-01-01T10:00:00Z"),
    "a time before all times": (
        f"{_HEAD}0001-01-01T00:00+14:00,a,1,0\n",
        "line 2: time is '0001-01-01T00:00+14:00'",
        "2026-01-31T12:00:00Z",
    ),
    "a header without end": (f"{'x' * 200_000},time\n", "line 1: this is no CSV", "docs/analyze.md"),
    "a time that goes back": (
        f"{_HEAD}{_LINE}2025-12-31T00:00:00Z,a,1,0\n",
        "line 3: 2025-12-31 00:00:00+00:00 is before",
        "sort it",
    ),
    "a line that is there twice": (f"{_HEAD}{_LINE}{_LINE}", f"line 3: {CANARY} is there twice", "leave one"),
    "a server that is there twice": (
        f"{_HEAD[:-1]},server\n" + 2 * f"{_LINE[:-1]},pod-1\n",
        f"line 3: pod-1 of {CANARY} is there twice",
        "leave one",
    ),
    "a server, and no server": (
        f"{_HEAD[:-1]},server\n{_LINE[:-1]},pod-1\n{_LINE[:-1]},\n",
        f"line 3: some lines of {CANARY} name a server",
        "docs/",
    ),
    "a bound that is none": (
        f"{_HEAD[:-1]},le_x\n{_LINE[:-1]},1\n",
        "line 2: 'x' is no bound",
        "milliseconds",
    ),
    "a bucket that goes missing": (
        f"{_HEAD[:-1]},le_5\n{_LINE[:-1]},1\n{_LINE[:-1].replace('00:00Z', '01:00Z')},\n",
        f"line 3: {CANARY} has other buckets",
        "the same in all",
    ),
    "nothing but a header": (_HEAD, "has no readings", "docs/analyze.md"),
    "nothing": ("", "there is no time", "docs/analyze.md"),
    "no JSON": ("{nothing\n", "line 1: this is no JSON: '{nothing'", "docs/analyze.md"),
    "JSON without end": ('{"time":' * 200_000, "line 1: this is no JSON", "docs/analyze.md"),
    "JSON of another kind": ('{"time": 1}\n[1]\n', "line 1: there is no revision", "docs/analyze.md"),
    "buckets that are none": (
        '{"time": 1, "revision": "a", "requests": 1, "errors": 0, "latency": 3}\n',
        "line 1: latency is 3",
        "inf",
    ),
}


@pytest.mark.parametrize("name", _WRONG)
def test_what_is_wrong_is_said_with_its_line_and_the_way_out(tmp_path: Path, name: str) -> None:
    text, message, hint = _WRONG[name]
    path = tmp_path / "past"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        readings.read(path)
    assert str(caught.value).startswith(f"--replay: {path}")
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        readings.read(tmp_path / "past.csv")
    with pytest.raises(SpecError, match="Is a directory"):
        readings.read(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="it is not UTF-8 text"):
        readings.read(tmp_path / "binary")
    moment = History().moments(1)[0]
    with pytest.raises(SpecError, match="binary is no file of readings"):
        readings.append(tmp_path / "binary", moment)
    with pytest.raises(SpecError, match="cannot be written: No such file"):
        readings.append(tmp_path / "none" / "past.csv", moment)
    (tmp_path / "past.csv").write_text(_HEAD)
    with pytest.raises(SpecError, match="has other columns"):
        readings.append(tmp_path / "past.csv", moment)
    assert (tmp_path / "past.csv").read_text() == _HEAD
