"""How a model server ends: exit codes, and the one JSON line that says why."""

import argparse
import json
import sys
from enum import IntEnum
from typing import NoReturn


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


class Parser(argparse.ArgumentParser):
    """argparse exits 2 on its own; a wrong argument is a wrong setting here."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise Exit(Code.SETTINGS, message, self.format_usage().strip())


def told(end: Exit) -> int:
    """Write the line that explains an exit, after all that was printed; answer the process's exit code."""
    sys.stdout.flush()
    sys.stderr.write(end.line() + "\n")
    sys.stderr.flush()
    return int(end.code)
