"""How it ends: exit codes, and the one JSON line that says why. As the model servers do."""

import json
import sys
from enum import IntEnum


class Code(IntEnum):
    """Exit codes of the process."""

    DONE = 0
    SETTINGS = 64
    MODEL = 65
    UNREACHABLE = 69
    CRASH = 70
    FOLDER = 73


class Exit(Exception):
    """It cannot go on.

    Args:
        code: The exit code of the process.
        cause: What happened, and where.
        hint: What to do about it.
    """

    def __init__(self, code: Code, cause: str, hint: str) -> None:
        super().__init__(cause)
        self.code = code
        self.cause = cause
        self.hint = hint

    def line(self) -> str:
        """The JSON line that precedes a non-zero exit on stderr, without its newline."""
        said = {"platformctl": "exit", "code": int(self.code), "cause": self.cause, "hint": self.hint}
        return json.dumps(said)


def told(end: Exit) -> int:
    """Write the line that explains an exit; answer the process's exit code."""
    sys.stdout.flush()
    sys.stderr.write(end.line() + "\n")
    sys.stderr.flush()
    return int(end.code)
