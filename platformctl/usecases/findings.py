"""How a finding is told while something goes on."""

from platformctl.domain.observed import Finding, Severity
from platformctl.domain.progress import Said, Warned


def told(finding: Finding) -> Said | Warned:
    """What is only for information is said, with its hint in parentheses; the rest is a warning."""
    if finding.severity is not Severity.INFO:
        return Warned(finding.message, finding.hint)
    return Said(f"{finding.message} ({finding.hint})" if finding.hint else finding.message)
