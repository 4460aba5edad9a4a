"""How one thing is."""

from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain.errors import Refused
from platformctl.domain.observed import Finding, Severity


@dataclass(frozen=True)
class Check:
    """How one thing is.

    Args:
        name: What was looked at.
        text: What is, and what is needed.
        severity: None: it is as it should be.
        hint: What to do, as a command where there is one.
        field: The field of a spec that asks for it; "": every deployment does.
    """

    name: str
    text: str
    severity: Severity | None = None
    hint: str = ""
    field: str = ""


def refuse(checks: Sequence[Check]) -> None:
    """Stop at what is an error.

    Raises:
        Refused: Something is.
    """
    errors = [check for check in checks if check.severity is Severity.ERROR]
    if errors:
        hints = dict.fromkeys(check.hint for check in errors if check.hint)
        raise Refused("\n".join(check.text for check in errors), hint="\n".join(hints) or None)


def findings(checks: Sequence[Check]) -> list[Finding]:
    """What is not as it should be, as a target says it."""
    return [
        Finding(check.severity, f"{check.name}: {check.text}", check.field, check.hint)
        for check in checks
        if check.severity is not None
    ]
