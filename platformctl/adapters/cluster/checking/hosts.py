"""Whether KServe can make a host of a revision's name: where it cannot, it makes nothing at all of it.

It does so for each component, also where nothing is routed by it: `NewRawKubeReconciler` in KServe's
pkg/controller/v1beta1/inferenceservice/reconcilers/raw, 0.15 to 0.20.
"""

import re
from collections.abc import Mapping

from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import CONFIG, KSERVE_NAMESPACE, Absent, Live
from platformctl.domain.kube_names import LABEL_LIMIT
from platformctl.domain.observed import Severity
from platformctl.domain.revision import Revision
from platformctl.render.names import component, parts

_TEMPLATE = "{{ .Name }}-{{ .Namespace }}.{{ .IngressDomain }}"
_DOMAIN = "example.com"
_FIELD = re.compile(r"\{\{-?\s*\.(\w+)\s*-?\}\}")


def asked(live: Live, namespace: str, revision: Revision) -> list[Check]:
    """What speaks against the hosts of a revision; nothing where KServe's template computes."""
    template, domain = _configured(live)
    named = {"Namespace": namespace, "IngressDomain": domain}
    hosts = [_host(template, {**named, "Name": component(revision.id, part)}) for part in parts(revision)]
    longest = max((label for host in hosts if host for label in host.split(".")), key=len, default="")
    excess = len(longest) - LABEL_LIMIT
    if excess <= 0:
        return []
    text = (
        f"KServe would make {longest} a part of a host, which has {len(longest)} characters; it may have 63"
    )
    return [Check("host", text, Severity.ERROR, _way_out(revision, excess), "metadata.name")]


def _way_out(revision: Revision, excess: int) -> str:
    most = len(revision.deployment) - excess
    shorter = (
        f"a name of at most {most} characters, or a shorter namespace" if most > 0 else "another namespace"
    )
    config = f"domainTemplate (ingress, in ConfigMap {KSERVE_NAMESPACE}/{CONFIG})"
    return f"use {shorter}; or put a dot between Name and Namespace in {config}"


def _configured(live: Live) -> tuple[str, str]:
    ingress = {} if isinstance(live.config, Absent) else live.config.get("ingress", {})
    return str(ingress.get("domainTemplate") or _TEMPLATE), str(ingress.get("ingressDomain") or _DOMAIN)


def _host(template: str, values: Mapping[str, str]) -> str | None:
    """What KServe makes of its template; None where that needs more of Go's templates than fields."""
    host = _FIELD.sub(lambda match: values.get(match[1], match[0]), template)
    return None if "{{" in host else host
