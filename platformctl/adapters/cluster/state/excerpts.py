"""The last lines of revisions that are gone: a ConfigMap each, which goes with the deployment's record.

A cluster forgets the logs of a pod with the pod. So the end of them is kept before a revision is removed.
"""

from collections.abc import Sequence

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import CONFIG_MAP, HTTP_ROUTE, Kind
from platformctl.adapters.cluster.api.objects import created, name, text, uid
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import DEPLOYMENT, MANAGED_BY, MANAGER, Manifest, labels
from platformctl.domain.names import Name, RevisionId

LINES = 50
"""So many lines of a revision are kept."""

REVISIONS = 20
"""Of so many removed revisions of a deployment, as on one machine."""

Record = tuple[Kind, str]
"""An object's kind and name."""

_WIDTH = 500
_MARK = "platformctl.io/kept"
_WHAT = "log"
_KEY = "log"


def read(api: Api, revision: RevisionId) -> Sequence[str] | None:
    """The lines that were kept of a revision; None: there are none."""
    found = api.get(CONFIG_MAP, _name(revision))
    return text(found, "data", _KEY).splitlines() if found else None


def keep(
    api: Api, deployment: Name, revision: RevisionId, lines: Sequence[str], record: Record | None = None
) -> bool:
    """Keep the last lines of a revision, and drop those of the ones that are gone longest.

    Args:
        api: The cluster.
        deployment: Whose revision it is.
        revision: Which one.
        lines: What it wrote.
        record: What records the deployment; None: its HTTPRoute.

    Returns:
        False: It could not be done. A removal does not fail for it.
    """
    if not lines:
        return False
    try:
        owner = api.get(*(record or (HTTP_ROUTE, deployment)))
        if owner is None:
            return False
        api.apply(_manifest(deployment, revision, lines, owner), force=True)
        _drop_old(api, deployment)
    except PlatformctlError:
        return False
    return True


def _manifest(deployment: Name, revision: RevisionId, lines: Sequence[str], record: Manifest) -> Manifest:
    owner = {
        "apiVersion": record["apiVersion"],
        "kind": record["kind"],
        "name": name(record),
        "uid": uid(record),
    }
    return {
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.name,
        "metadata": {
            "name": _name(revision),
            "labels": {**labels(deployment), _MARK: _WHAT},
            "ownerReferences": [owner],
        },
        "data": {_KEY: "\n".join(line[:_WIDTH] for line in lines[-LINES:])},
    }


def _drop_old(api: Api, deployment: Name) -> None:
    selector = f"{DEPLOYMENT}={deployment},{MANAGED_BY}={MANAGER},{_MARK}={_WHAT}"
    kept = api.list(CONFIG_MAP, selector)
    for one in sorted(kept, key=lambda one: str(created(one)))[:-REVISIONS]:
        api.delete(CONFIG_MAP, name(one))


def _name(revision: RevisionId) -> str:
    return f"{revision}-log"
