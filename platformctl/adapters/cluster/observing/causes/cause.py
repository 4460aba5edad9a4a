"""A cause, and what decides whether there is hope."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

LOOP = 4
"""Short lives in a row after which a person should know, although it is started again."""

SHORT_LIFE = 600.0
"""Seconds: after a life as long as this the kubelet itself begins to count anew."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is not ready.

    Args:
        text: What is the matter, in words.
        hint: What to do about it, or "".
        hopeless: Whether waiting will not help: the same object would end the same again.
        trouble: Whether something went wrong at all; False: it takes its time.
    """

    text: str
    hint: str = ""
    hopeless: bool = False
    trouble: bool = True

    def __str__(self) -> str:
        return f"{self.text} ({self.hint})" if self.hint else self.text


class Rule(NamedTuple):
    """What a message of somebody else's means.

    Args:
        pattern: Of the message; case does not matter.
        text: In words; `{1}` is the first group of the pattern, other braces are words of the caller's.
        patience: Seconds that it may last before it is hopeless; None: for ever.
    """

    pattern: str
    text: str
    hint: str = ""
    patience: float | None = 0.0


def by_rules(rules: Iterable[Rule], message: str, lasted: float = 0.0, **words: str) -> Cause | None:
    """The first rule's cause that fits.

    Args:
        rules: The more special ones first.
        message: What was said.
        lasted: For how many seconds it has been so.
        words: What stands in the rules' texts in braces.
    """
    for rule in rules:
        found = re.search(rule.pattern, message, re.IGNORECASE | re.DOTALL)
        if found:
            groups = [group or "" for group in found.groups()]
            text, hint = (template.format("", *groups, **words) for template in (rule.text, rule.hint))
            return Cause(text, hint, hopeless=rule.patience is not None and lasted >= rule.patience)
    return None


def shortened(text: str, limit: int = 300) -> str:
    """One line, not longer than `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
