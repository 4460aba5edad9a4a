"""What Pod Security says of the container by which KServe downloads a model.

In Standard mode the pod's own security context is enough for it. Knative takes none of pods by default, so
each container has to bring what `restricted` wants; ours and queue-proxy do.
"""

import json
from collections.abc import Iterator

from platformctl.adapters.cluster.api.objects import mapping, name, text
from platformctl.adapters.cluster.checking import storage
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent, Live
from platformctl.adapters.cluster.checking.serving import Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity

ENFORCE = "pod-security.kubernetes.io/enforce"
"""The label of a namespace that names the level below which no pod gets in."""

_RESTRICTED = "restricted"
_PROFILES = ("RuntimeDefault", "Localhost")
_CONTEXT = ("spec", "container", "securityContext")


def level(live: Live) -> str | None:
    """What the namespace enforces; None: nothing, or we may not look."""
    if isinstance(live.namespace, Absent):
        return None
    found = mapping(live.namespace, "metadata", "labels").get(ENFORCE)
    return str(found) if found else None


def checks(live: Live, serving: Serving) -> Iterator[Check]:
    """What is wrong for the models that a container of the cluster's downloads, as it may be any."""
    if level(live) != _RESTRICTED or isinstance(serving.downloaders, Absent):
        return
    for found in serving.downloaders:
        if storage.is_used(found) and not _passes(found):
            yield _refused(found, Severity.WARNING)


def asked(live: Live, serving: Serving, uri: str) -> Iterator[Check]:
    """The same of the one that downloads a model."""
    if level(live) != _RESTRICTED or isinstance(serving.downloaders, Absent):
        return
    found = storage.downloader(uri, serving.downloaders)
    if found is not None and not _passes(found):
        yield _refused(found, Severity.ERROR, "spec.model")


def _passes(container: Manifest) -> bool:
    return text(container, *_CONTEXT, "seccompProfile", "type") in _PROFILES


def _refused(container: Manifest, severity: Severity, field: str = "") -> Check:
    message = (
        f"{_RESTRICTED}, which the namespace enforces, lets no pod in to which KServe adds the "
        f"ClusterStorageContainer {name(container)}, which has no seccompProfile"
    )
    profile = {"seccompProfile": {"type": _PROFILES[0]}}
    patch = json.dumps({"spec": {"container": {"securityContext": profile}}})
    hint = f"kubectl patch clusterstoragecontainer {name(container)} --type merge -p '{patch}'"
    return Check("pod security", message, severity, hint, field)
