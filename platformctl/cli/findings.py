"""What is wrong, as lines of text."""

from collections.abc import Sequence

from platformctl.cli.terminal import Style
from platformctl.domain.observed import Finding, Severity


def problems(found: Sequence[Finding], style: Style) -> list[str]:
    """What is wrong, and what to do about it."""
    lines: list[str] = []
    for problem in found:
        label = _LABELS[problem.severity](style, f"{problem.severity.value}: ")
        where = f"{problem.field}: " if problem.field else ""
        lines.append(f"{label}{where}{problem.message}")
        if problem.hint:
            lines.append(f"  {style.note('hint: ')}{problem.hint}")
    return lines


_LABELS = {Severity.ERROR: Style.bad, Severity.WARNING: Style.warn, Severity.INFO: Style.note}
