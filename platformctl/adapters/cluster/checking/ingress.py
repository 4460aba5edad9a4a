"""Knative's ingress: whether something in the cluster serves its class, and under which hosts."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from platformctl.adapters.cluster.api.objects import annotation, condition, created, entries, number, seconds
from platformctl.adapters.cluster.api.objects import name as name_of
from platformctl.adapters.cluster.api.objects import text as text_of
from platformctl.adapters.cluster.checking import knative
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent
from platformctl.adapters.cluster.checking.serving import NAMESPACE, Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity

PATIENCE = 60.0
"""Seconds in which a controller has looked at an ingress, if there is one."""

_CLASS = "networking.knative.dev/ingress.class"
_DEFAULT = "istio.ingress.networking.knative.dev"
_LOCAL = "svc.cluster.local"
_CONTROLLERS = {
    _DEFAULT: "net-istio-controller",
    "kourier.ingress.networking.knative.dev": "net-kourier-controller",
    "contour.ingress.networking.knative.dev": "net-contour-controller",
    "gateway-api.ingress.networking.knative.dev": "net-gateway-api-controller",
}
"""Whose class each is, as Knative's own installations call them."""

_CHOOSE = (
    "install what serves it (https://knative.dev/docs/install), or choose the class of one that is there: "
    f"kubectl edit configmap -n {NAMESPACE} config-network, ingress-class"
)


def checks(serving: Serving, now: datetime) -> Iterator[Check]:
    """All of it."""
    if isinstance(serving.config, Absent):
        yield Check("ingress", f"not known: we may not look at the ConfigMaps of namespace {NAMESPACE}")
        return
    yield _served(serving, now)
    yield _domain(serving)


def _served(serving: Serving, now: datetime) -> Check:
    """What ingresses of the class say counts for more than which Deployments there are."""
    wanted = serving.told("config-network", "ingress-class", "ingress.class") or _DEFAULT
    found = () if isinstance(serving.ingresses, Absent) else serving.ingresses
    ours = [one for one in found if annotation(one, _CLASS) == wanted]
    if any(map(_is_ready, ours)):
        return Check("ingress", f"{wanted} serves {sum(map(_is_ready, ours))} of {len(ours)} ingresses")
    if forgotten := _forgotten(ours, now):
        where = f"{text_of(forgotten, 'metadata', 'namespace')}/{name_of(forgotten)}"
        text = f"no controller of the class {wanted} has looked at the ingress {where}: nothing gets ready"
        return Check("ingress", text, Severity.ERROR, _CHOOSE)
    return _by_its_controller(serving, wanted)


def _by_its_controller(serving: Serving, wanted: str) -> Check:
    controller = _CONTROLLERS.get(wanted, "")
    up = knative.is_up(serving, controller) if controller else None
    if up:
        return Check("ingress", f"{wanted}: {controller} is up")
    there = not isinstance(serving.deployments, Absent) and controller in serving.deployments
    if there:
        text, hint = f"no pod is ready of {controller}, which serves {wanted}", "kubectl get pods -n "
        return Check("ingress", text, Severity.ERROR, f"{hint}{NAMESPACE}")
    text = f"whether anything serves {wanted} is not known: no ingress of it is there"
    if up is False:
        text += f", and no Deployment {controller} in namespace {NAMESPACE}"
    return Check("ingress", text, Severity.WARNING, f"if the first deployment does not get ready: {_CHOOSE}")


def _is_ready(ingress: Manifest) -> bool:
    return text_of(condition(ingress, "Ready"), "status") == "True" and _is_current(ingress)


def _is_current(ingress: Manifest) -> bool:
    return number(ingress, "status", "observedGeneration") == number(ingress, "metadata", "generation")


def _forgotten(ingresses: Iterable[Manifest], now: datetime) -> Manifest | None:
    """One that is old enough to have been looked at, and has not."""
    old = (one for one in ingresses if seconds(created(one), now) > PATIENCE)
    return next((one for one in old if not entries(one, "status", "conditions")), None)


def _domain(serving: Serving) -> Check:
    """The hosts' ending, where no label chooses another one."""
    said = {} if isinstance(serving.config, Absent) else serving.config.get("config-domain", {})
    domains = sorted(key for key, value in said.items() if key != "_example" and not value.strip())
    if domains:
        return Check("domain", f"hosts end in {domains[0]}")
    text = f"none is set: hosts end in {_LOCAL}, and nobody outside of the cluster reaches them"
    patch = """--type merge -p '{"data": {"models.example.com": ""}}'"""
    return Check("domain", text, hint=f"kubectl patch configmap -n {NAMESPACE} config-domain {patch}")
