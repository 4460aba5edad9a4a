from pathlib import Path

import pytest

from platformctl.adapters.local import logs

pytestmark = pytest.mark.quick


def _log(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_the_last_lines_come_oldest_first(tmp_path: Path) -> None:
    log = _log(tmp_path / "0.log", *map(str, range(5000)))
    assert logs.merged([log], 3) == ["4997", "4998", "4999"]


def test_a_few_very_long_lines_are_whole(tmp_path: Path) -> None:
    long = "x" * 100_000
    log = _log(tmp_path / "0.log", "first", long, "last")
    assert logs.merged([log], 2) == [long, "last"]


def test_a_young_log_is_continued_by_the_rotated_one(tmp_path: Path) -> None:
    _log(tmp_path / "0.log.1", "a", "b", "c")
    log = _log(tmp_path / "0.log", "d")
    assert logs.merged([log], 3) == ["b", "c", "d"]


def test_replicas_are_interleaved_by_time_and_named(tmp_path: Path) -> None:
    first = _log(
        tmp_path / "0.log",
        "2026-01-01 10:00:01,000 INFO one",
        "Traceback",
        "2026-01-01 10:00:05 INFO five",
    )
    second = _log(tmp_path / "1.log", "2026-01-01 10:00:03,000 INFO three")
    assert logs.merged([first, second], 10) == [
        "[0] 2026-01-01 10:00:01,000 INFO one",
        "[0] Traceback",
        "[1] 2026-01-01 10:00:03,000 INFO three",
        "[0] 2026-01-01 10:00:05 INFO five",
    ]


def test_marks_of_our_own_are_not_shown(tmp_path: Path) -> None:
    log = _log(tmp_path / "0.log", '{"platformctl": "start", "number": 1, "wait": 0}', "a line")
    assert logs.merged([log], 10) == ["a line"]


def test_no_lines_are_no_lines(tmp_path: Path) -> None:
    assert logs.merged([_log(tmp_path / "0.log", "a")], 0) == []
    assert logs.merged([tmp_path / "absent.log"], 10) == []
