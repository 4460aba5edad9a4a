"""How a dry run ends: what would be changed, and whether the target would take it."""

from collections.abc import Sequence

from platformctl.cli import screen, shapes
from platformctl.cli.findings import problems
from platformctl.cli.output import show
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Severity

SERVER = "server"


def rehearsed(
    name: Name | None,
    changes: Sequence[str],
    findings: Sequence[Finding],
    form: str,
    revision: RevisionId | None = None,
) -> int:
    """Print it; the exit code is 1 if the target would not take it. `name` is None for the stack."""
    lines = [*(changes or ["nothing would be changed"]), *problems(findings, screen.style())]
    show(lines, shapes.rehearsal(name, changes, findings, revision), form)
    return int(any(found.severity is Severity.ERROR for found in findings))
