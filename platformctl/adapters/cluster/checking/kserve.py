"""KServe: whether it is there, how new it is, which mode is its default."""

from collections.abc import Iterator

from platformctl.adapters.cluster.api.kinds import INFERENCE_SERVICE
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import CONFIG, KSERVE_NAMESPACE, Absent, Live
from platformctl.domain.cluster import KSERVE_VERSIONS, Mode
from platformctl.domain.observed import Severity

DEFINED = (
    *("inferenceservices", "servingruntimes", "clusterservingruntimes"),
    *("clusterstoragecontainers", "inferencegraphs", "trainedmodels"),
)
"""The kinds without which its controller does not start."""

_INSTALL = "https://kserve.github.io/website/docs/install"
_OURS = tuple(mode.capitalize() for mode in Mode)


def checks(live: Live, rendered: str) -> Iterator[Check]:
    """All of it.

    Args:
        live: The cluster.
        rendered: The version that manifests are rendered for.
    """
    if INFERENCE_SERVICE.api_version not in live.groups:
        text = (
            f"not installed: the cluster has no {INFERENCE_SERVICE.name} of {INFERENCE_SERVICE.api_version}"
        )
        yield Check("kserve", text, Severity.ERROR, f"install it: {_INSTALL}")
        return
    yield version(live.kserve, rendered)
    yield _mode(live)
    absent = [kind for kind in DEFINED if kind not in live.kserve_kinds]
    if absent:
        text = (
            f"KServe's are not complete, without which its controller does not start: no {', '.join(absent)}"
        )
        hint = "helm upgrade --install kserve-crd oci://ghcr.io/kserve/charts/kserve-crd --version VERSION"
        yield Check("crds", text, Severity.ERROR, hint)
    else:
        yield Check("crds", f"KServe's {len(DEFINED)} are there")


def version(found: str | None, rendered: str) -> Check:
    """Whether a version takes what is rendered for another."""
    if found is None:
        hint = f"see that it is at least {rendered}, else set `kserve` in the context to its version"
        return Check("kserve", f"its version is not told; {rendered} is rendered for", Severity.WARNING, hint)
    oldest, newest = KSERVE_VERSIONS[0], KSERVE_VERSIONS[-1]
    if _number(found) < _number(oldest):
        text = f"KServe {found} is too old: {oldest} is needed at least"
        return Check("kserve", text, Severity.ERROR, f"upgrade it: {_INSTALL}")
    if _number(found) < _number(rendered):
        fitting = [known for known in KSERVE_VERSIONS if _number(known) <= _number(found)]
        text = f"KServe {found} is older than {rendered}, which is rendered for"
        return Check("kserve", text, Severity.ERROR, f'set kserve = "{fitting[-1]}" in the context')
    if _number(found) > _number(newest):
        text = f"{found} is newer than {newest}, the newest that is tested"
        hint = "platformctl deploy NAME --dry-run=server says whether it takes what we render"
        return Check("kserve", text, Severity.WARNING, hint)
    return Check("kserve", found if found == rendered else f"{found}; {rendered} is rendered for")


def _number(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def _mode(live: Live) -> Check:
    if live.config is Absent.FORBIDDEN:
        return Check("mode", f"not known: we may not look at ConfigMap {KSERVE_NAMESPACE}/{CONFIG}")
    if live.config is Absent.NOT_THERE:
        text = (
            f"not known: there is no ConfigMap {KSERVE_NAMESPACE}/{CONFIG}, which KServe's controller needs"
        )
        return Check("mode", text, Severity.WARNING, "is KServe installed as a whole? " + _INSTALL)
    if live.mode in _OURS:
        return Check("mode", f"{live.mode} by default")
    return Check("mode", f"{live.mode} by default; ours say in which mode they are")
