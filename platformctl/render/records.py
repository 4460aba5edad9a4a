"""What is recorded of a deployment beside its objects, as text: the rollout, and who committed it."""

import json

from platformctl.domain.rollout import Rollout

FIRST = json.dumps({"number": 1, "by": "platformctl render"})
"""What is recorded as the commit, until a target records its own."""


def rollout(rollout: Rollout) -> str:
    """A rollout as JSON, without what is the default: what holds it has its limits."""
    said = rollout.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"schemaVersion": rollout.schema_version, **said}, separators=(",", ":"))
