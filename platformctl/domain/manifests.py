"""An object of Kubernetes as its manifest says it, and the marks by which ours are known."""

from collections.abc import Mapping
from typing import Any

from platformctl.domain.names import Name, RevisionId

Manifest = Mapping[str, Any]
"""`apiVersion`, `kind`, `metadata` and what else the kind has: dicts, lists, texts, numbers, booleans."""

MANAGER = "platformctl"
"""The field manager of server-side apply, and the value of `app.kubernetes.io/managed-by`."""

MANAGED_BY = "app.kubernetes.io/managed-by"
DEPLOYMENT = "platformctl.io/deployment"
REVISION = "platformctl.io/revision"
ROLLOUT = "platformctl.io/rollout"
"""The annotation of an HTTPRoute that holds the rollout. Never one of an InferenceService: KServe copies
those into the pods, which restarts them."""
COMMIT = "platformctl.io/commit"
"""Another annotation of an HTTPRoute: the number of the last commit, and who made it."""
HOLDS = "platformctl.io/holds"
"""The label of a ConfigMap that says what is in it: `rollout` in the one that holds both in Knative mode."""


def labels(deployment: Name, revision: RevisionId | None = None) -> dict[str, str]:
    """The labels of an object of ours."""
    marks = {MANAGED_BY: MANAGER, DEPLOYMENT: str(deployment)}
    return marks if revision is None else {**marks, REVISION: str(revision)}
