"""How a model server ends: exit codes, and the one JSON line that says why."""

import json
from enum import IntEnum


class Code(IntEnum):
    """Exit codes of the process; docs/server-contract.md says what each means."""

    STOPPED = 0
    SETTINGS = 64
    MODEL = 65
    LIBRARY = 66
    CRASH = 70


class Exit(Exception):
    """The server cannot serve.

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
        return json.dumps(
            {
                "platformctl": "exit",
                "code": int(self.code),
                "cause": self.cause,
                "hint": self.hint,
            }
        )
