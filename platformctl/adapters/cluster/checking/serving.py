"""What Knative Serving is on the live cluster, and what its pods meet there, from a few requests."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import (
    CONFIG_MAP,
    CUSTOM_RESOURCE,
    DEPLOYMENT,
    KINGRESS,
    KNATIVE_SERVICE,
    LIMIT_RANGE,
    POD,
    QUOTA,
    Kind,
)
from platformctl.adapters.cluster.api.objects import (
    created,
    entries,
    is_leaving,
    label,
    mapping,
    moment,
    name,
    text,
)
from platformctl.adapters.cluster.checking.discovery import (
    CONTROLLER,
    KSERVE_NAMESPACE,
    TAG,
    Absent,
    containers,
)
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import Manifest

NAMESPACE = "knative-serving"
"""Where Knative Serving is; KServe looks for its settings there too."""

_MANAGER = "manager"
_VERSION = "app.kubernetes.io/version"
_NUMBER = re.compile(r"v?(\d+\.\d+)\b")


@dataclass(frozen=True)
class Serving:
    """Knative Serving as it is.

    Args:
        deployments: Those of its namespace, by name.
        config: What it is told: by ConfigMap and key.
        ingresses: What its ingress is told to serve, of the whole cluster.
        defined: When the kind of Knative's Services was made known to the cluster.
        kserve_since: Since when KServe's controller runs; it looks once which kinds there are.
        quotas: Those of the namespace that is deployed to.
        limit_ranges: The same.
        downloaders: What KServe downloads models by, which becomes a part of its pods.
    """

    deployments: Mapping[str, Manifest] | Absent = Absent.NOT_THERE
    config: Mapping[str, Mapping[str, str]] | Absent = Absent.NOT_THERE
    ingresses: Sequence[Manifest] | Absent = field(default_factory=tuple)
    defined: datetime | None = None
    kserve_since: datetime | None = None
    quotas: Sequence[Manifest] | Absent = field(default_factory=tuple)
    limit_ranges: Sequence[Manifest] | Absent = field(default_factory=tuple)
    downloaders: Sequence[Manifest] | Absent = field(default_factory=tuple)

    @property
    def version(self) -> str | None:
        """Its version: as `1.21`, or as `0.48` where only an image tells; None: it is not told."""
        found = {} if isinstance(self.deployments, Absent) else self.deployments
        images = entries(found.get("controller", {}), "spec", "template", "spec", "containers")
        said = (
            *(_NUMBER.match(label(one, _VERSION)) for one in found.values()),
            *(TAG.search(text(one, "image")) for one in images),
        )
        return next((number[1] for number in said if number), None)

    def told(self, config: str, *keys: str) -> str | None:
        """What a ConfigMap says by the first of the keys that it has; None: nothing."""
        found = {} if isinstance(self.config, Absent) else self.config.get(config, {})
        return next((found[key] for key in keys if key in found), None)


def look(api: Api) -> Serving:
    """Look at Knative Serving. What we may not look at is not known."""
    with ThreadPoolExecutor(8) as pool:
        deployments = pool.submit(_deployments, api)
        config = pool.submit(_config, api)
        ingresses = pool.submit(_ingresses, api)
        defined = pool.submit(_defined, api)
        since = pool.submit(_kserve_since, api)
        quotas, ranges = (pool.submit(_of_namespace, api, kind) for kind in (QUOTA, LIMIT_RANGE))
        downloaders = pool.submit(containers, api)
        return Serving(
            deployments=deployments.result(),
            config=config.result(),
            ingresses=ingresses.result(),
            defined=defined.result(),
            kserve_since=since.result(),
            quotas=quotas.result(),
            limit_ranges=ranges.result(),
            downloaders=downloaders.result(),
        )


def _deployments(api: Api) -> Mapping[str, Manifest] | Absent:
    try:
        return {name(one): one for one in api.list(DEPLOYMENT, namespace=NAMESPACE)}
    except PlatformctlError:  # that we may not look is said of the rights
        return Absent.FORBIDDEN


def _config(api: Api) -> Mapping[str, Mapping[str, str]] | Absent:
    try:
        return {name(one): mapping(one, "data") for one in api.list(CONFIG_MAP, namespace=NAMESPACE)}
    except PlatformctlError:
        return Absent.FORBIDDEN


def _ingresses(api: Api) -> Sequence[Manifest] | Absent:
    for namespace in ("", None):
        try:
            return api.list(KINGRESS, namespace=namespace)
        except PlatformctlError:  # we need not be allowed to look into other namespaces
            continue
    return Absent.FORBIDDEN


def _of_namespace(api: Api, kind: Kind) -> Sequence[Manifest] | Absent:
    try:
        return api.list(kind)
    except PlatformctlError:
        return Absent.FORBIDDEN


def _defined(api: Api) -> datetime | None:
    try:
        found = api.get(CUSTOM_RESOURCE, f"{KNATIVE_SERVICE.plural}.{KNATIVE_SERVICE.group}")
    except PlatformctlError:
        return None
    return created(found) if found is not None else None


def _kserve_since(api: Api) -> datetime | None:
    """That of its oldest process: each may be the one that leads."""
    try:
        pods = [one for one in api.list(POD, CONTROLLER, KSERVE_NAMESPACE) if not is_leaving(one)]
    except PlatformctlError:
        return None
    statuses = [one for pod in pods for one in entries(pod, "status", "containerStatuses")]
    managers = [one for one in statuses if one.get("name") == _MANAGER]
    return min(filter(None, (moment(one, "state", "running", "startedAt") for one in managers)), default=None)
