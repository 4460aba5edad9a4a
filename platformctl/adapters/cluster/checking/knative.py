"""Knative Serving: whether it is there, all of it at work, and known to KServe."""

from collections.abc import Iterator

from platformctl.adapters.cluster.api.kinds import KNATIVE_SERVICE
from platformctl.adapters.cluster.api.objects import number
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import KSERVE_NAMESPACE, Absent, Live
from platformctl.adapters.cluster.checking.serving import NAMESPACE, Serving
from platformctl.domain.observed import Severity

NEEDED = ("controller", "webhook", "autoscaler", "activator")
"""The Deployments without which nothing is made, nothing gets ready, or nothing wakes up."""

_INSTALL = "https://knative.dev/docs/install"
_VIRTUAL_SERVICE = "networking.istio.io/v1beta1"
_NEEDS_ISTIO = (0, 17)
"""The version before which KServe stopped where it was to make a VirtualService and could not."""


def absent(live: Live) -> list[Check]:
    """What is to be said where it has to be there, and is not."""
    if live.has_knative:
        return []
    text = f"not installed: the cluster has no {KNATIVE_SERVICE.name} of {KNATIVE_SERVICE.api_version}"
    hint = f"install it with an ingress: {_INSTALL}; or deploy in Standard mode: --mode standard"
    return [Check("knative", text, Severity.ERROR, hint)]


def checks(live: Live, serving: Serving) -> Iterator[Check]:
    """How it is, where it is there."""
    yield _version(serving)
    yield from _deployments(serving)
    yield _known(serving)
    yield from _virtual_host(live)


def is_up(serving: Serving, deployment: str) -> bool | None:
    """Whether a Deployment of it has a pod that is ready; None: we may not look."""
    if isinstance(serving.deployments, Absent):
        return None
    found = serving.deployments.get(deployment, {})
    return (number(found, "status", "availableReplicas") or 0) > 0


def _version(serving: Serving) -> Check:
    if isinstance(serving.deployments, Absent):
        return Check("knative", f"installed; we may not look at the Deployments of namespace {NAMESPACE}")
    return Check("knative", f"Knative Serving {serving.version or 'of unknown version'}")


def _deployments(serving: Serving) -> Iterator[Check]:
    down = [name for name in NEEDED if is_up(serving, name) is False]
    if down:
        text = f"no pod is ready of {', '.join(down)} in namespace {NAMESPACE}"
        hint = f"kubectl get pods -n {NAMESPACE}; is it installed as a whole? {_INSTALL}"
        yield Check("knative", text, Severity.ERROR, hint)


def _known(serving: Serving) -> Check:
    """KServe asks once which kinds there are, and goes by that as long as its process lives."""
    if serving.defined is None or serving.kserve_since is None:
        return Check("kserve's start", "not known: we may not look at KServe's pods, or at Knative's kinds")
    if serving.kserve_since >= serving.defined:
        return Check("kserve's start", "since Knative Serving is there")
    since, came = (f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in (serving.kserve_since, serving.defined))
    text = f"KServe runs since {since} and does not know of Knative Serving, which came {came}"
    hint = f"kubectl rollout restart deployment -n {KSERVE_NAMESPACE} kserve-controller-manager"
    return Check("kserve's start", text, Severity.ERROR, hint)


def _virtual_host(live: Live) -> Iterator[Check]:
    """Unless KServe is told that there is no Istio, it gives out a host that only Istio would serve."""
    ingress = {} if isinstance(live.config, Absent) else live.config.get("ingress", {})
    if _VIRTUAL_SERVICE in live.groups or isinstance(live.config, Absent) or _is_off(ingress):
        return
    stops = live.kserve is not None and tuple(map(int, live.kserve.split("."))) < _NEEDS_ISTIO
    text = "KServe is set for Istio, which is not installed: " + (
        "it stops at its VirtualService" if stops else "status.url of an InferenceService leads nowhere"
    )
    hint = (
        f'kubectl edit configmap -n {KSERVE_NAMESPACE} inferenceservice-config: "disableIstioVirtualHost": '
        "true, in ingress"
    )
    yield Check("virtual host", text, Severity.ERROR if stops else Severity.WARNING, hint)


def _is_off(ingress: object) -> bool:
    return isinstance(ingress, dict) and ingress.get("disableIstioVirtualHost") is True
