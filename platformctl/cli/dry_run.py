"""How a dry run ends: what would be changed, and whether the target would take it."""

from collections.abc import Sequence

from platformctl.cli import screen, shapes
from platformctl.cli.findings import problems
from platformctl.cli.output import show
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Severity
from platformctl.plan import policies
from platformctl.rollout import Deploy
from platformctl.usecases.rehearse import rehearse_deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World

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


def deploy_rehearsed(world: World, request: DeployRequest, how: str, form: str) -> int:
    """Print what `deploy` would change, and by which steps; `how` is SERVER if the target is asked too."""
    planned, seen = rehearse_deploy(world, request, check=how == SERVER)
    if isinstance(planned.event, Deploy) and planned.event.auto is not None:
        for line in policies.told(planned.event.auto):
            world.say(line)
    return rehearsed(request.name, seen.changes, seen.findings, form, planned.choice.revision.id)
