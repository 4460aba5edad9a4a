"""Start a program: stop what its last life left, count the start, wait if it keeps dying, become it.

Run as a script by any Python: it imports nothing of ours, and little of Python's. supervisord starts
what crashed again at once and for ever; waiting here is what keeps a crash loop from taking a core.

    python -I -S launch.py RECORD COMMAND...

RECORD is a JSON file: `{"starts": N, "pid": P, "recent": [[launched, begun], ...]}`, in seconds since
1970; `launched` is when this script ran, `begun` when the command did, after the wait.
"""

import json
import os
import signal
import sys
import time

SHORT_LIFE = 20.0
"""Seconds; a replica that lived shorter than that did not survive its own start."""

LONGEST_WAIT = 30
_KEPT = 10


def read(record: str) -> tuple[int, int, list[tuple[float, float]]]:
    """Starts, the last one's process, and the recent ones; nothing of a file that is absent or broken."""
    try:
        with open(record, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes longer than all else
            data = json.load(file)
        return int(data["starts"]), int(data["pid"]), [(float(a), float(b)) for a, b in data["recent"]]
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0, []


def stop_orphans(leader: int) -> None:
    """Kill the children of a program that was killed: they hold its port, its socket, its memory.

    Supervisord makes each program the leader of a process group. While a group has members its number
    is given to no other process: a group without its leader is the one that we mean.
    """
    if leader <= 1:
        return
    try:
        os.kill(leader, 0)
    except ProcessLookupError:
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
    except PermissionError:
        return


def short_lives(recent: list[tuple[float, float]], now: float) -> int:
    """How many lives in a row, up to the last one that ended by `now`, were short."""
    if not recent:
        return 0
    ends = [launched for launched, _ in recent[1:]] + [now]
    count = 0
    for (_, begun), end in zip(reversed(recent), reversed(ends), strict=True):
        if end - begun >= SHORT_LIFE:
            break
        count += 1
    return count


def wait_after(lives: int) -> int:
    """Seconds to wait after so many short lives: 0, 0, 1, 2, 4, … 30."""
    return 0 if lives <= 1 else min(1 << (lives - 2), LONGEST_WAIT)


def main(record: str, command: list[str]) -> None:
    """Stop orphans, count, wait, become the command."""
    starts, leader, recent = read(record)
    stop_orphans(leader)
    launched = time.time()
    wait = wait_after(short_lives(recent, launched))
    recent = [*recent, (launched, launched + wait)][-_KEPT:]
    temporary = f"{record}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:  # noqa: PTH123 - as read
        json.dump({"starts": starts + 1, "pid": os.getpid(), "recent": recent}, file)
    os.replace(temporary, record)  # noqa: PTH105 - as read
    sys.stderr.write(json.dumps({"platformctl": "start", "number": starts + 1, "wait": wait}) + "\n")
    sys.stderr.flush()
    time.sleep(wait)
    os.execv(command[0], command)  # noqa: S606 - argv comes from our own configuration


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
