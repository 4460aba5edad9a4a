"""Where a deployment differs from its spec. Changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.revision import Revision
from platformctl.rollout import Deploy
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Difference:
    """One field that is not as the spec says.

    Args:
        field: Its path.
        live: What it is, or "" if it is not there.
        wanted: What the spec says.
    """

    field: str
    live: str
    wanted: str


def diff(world: World, request: DeployRequest) -> Sequence[Difference]:
    """Say where a deployment differs from its spec; nothing if it is true."""
    planned = plan_deploy(world, replace(request, retry=True), check=False)  # a rejected one differs too
    rollout = planned.observed.rollout
    current = rollout.stable
    if rollout.candidate and rollout.candidate.revision.id == planned.choice.revision.id:
        current = rollout.candidate.revision
    live = _flat(_revision_fields(current)) | _flat(_settings(rollout.wanted)) if current else {}
    wanted_spec = request.spec or rollout.wanted
    wanted = _flat(_revision_fields(planned.choice.revision)) | _flat(_settings(wanted_spec))
    share = planned.observed.route.share(planned.choice.revision.id)
    goal = planned.share if isinstance(planned.event, Deploy) else share
    live["traffic"], wanted["traffic"] = f"{share} %", f"{goal} %"
    fields = sorted(live.keys() | wanted.keys())
    found = [Difference(field, live.get(field, ""), wanted.get(field, "")) for field in fields]
    return [difference for difference in found if difference.live != difference.wanted]


def _revision_fields(revision: Revision) -> Mapping[str, object]:
    dumped = revision.model_dump(mode="json", exclude={"model": {"info"}})
    return {"revision": str(revision.id), **dumped}


def _settings(wanted: ModelDeployment | None) -> Mapping[str, object]:
    return wanted.spec.model_dump(mode="json", include={"scaling", "keep", "promotion"}) if wanted else {}


def _flat(value: object, path: str = "") -> dict[str, str]:
    """Flatten nested mappings to dotted paths."""
    if not isinstance(value, Mapping):
        return {} if value is None else {path: str(value)}
    flat: dict[str, str] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{path}.{key}" if path else str(key))
    return flat
