"""What the live cluster is, from a few requests that are sent at once. `checking` decides what it means."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from platformctl.adapters.cluster.api.answers import Asked, problem
from platformctl.adapters.cluster.api.client import Api, Reply
from platformctl.adapters.cluster.api.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    GATEWAY,
    KNATIVE_SERVICE,
    NAMESPACE,
    NODE,
    SECRET,
    SERVICE_ACCOUNT,
    STORAGE_CONTAINER,
    Kind,
)
from platformctl.adapters.cluster.api.objects import entries, name
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.images import NOWHERE
from platformctl.domain.manifests import Manifest

KSERVE_NAMESPACE = "kserve"
CONFIG = "inferenceservice-config"
CONTROLLER = "control-plane=kserve-controller-manager"
TAG = re.compile(r":v?(\d+\.\d+)(?:\.\d+)?(?:[-+.][^/@]*)?(?:@.*)?")
_WORKERS = 8
_MOST_NODES = "50"
_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404
_ANY = Kind("", "v1", "apis", "API", namespaced=False)


class Absent(Enum):
    """Why something is not known."""

    NOT_THERE = "is not there"
    FORBIDDEN = "may not be looked at"


@dataclass(frozen=True)
class Live:
    """A cluster as it is.

    Args:
        kubernetes: Its version, as `v1.35.4`.
        groups: The groups of its API, as `autoscaling/v2`.
        kserve_kinds: The plurals of the kinds that KServe's groups serve.
        config: What KServe is told, by key; each value is a mapping.
        controller: The image of KServe's controller.
        gateway: The Gateway that requests come through.
        namespace: The namespace that is deployed to.
        secret: The keys of the Secret with the store's credentials; NOT_THERE too if none is configured.
        service_account: The ServiceAccount that is configured; NOT_THERE too if none is.
        pull_secrets: The types of the Secrets that images are pulled with.
        on_nodes: By node the images that it says it has; asked for where they cannot be pulled.
    """

    kubernetes: str
    groups: frozenset[str]
    kserve_kinds: frozenset[str] = frozenset()
    config: Mapping[str, Mapping[str, Any]] | Absent = Absent.NOT_THERE
    controller: str | Absent = Absent.NOT_THERE
    gateway: Manifest | Absent = Absent.NOT_THERE
    namespace: Manifest | Absent = Absent.NOT_THERE
    secret: frozenset[str] | Absent = Absent.NOT_THERE
    service_account: Manifest | Absent = Absent.NOT_THERE
    pull_secrets: Mapping[str, str | Absent] = field(default_factory=dict)
    on_nodes: Mapping[str, frozenset[str]] | Absent = Absent.NOT_THERE

    @property
    def kserve(self) -> str | None:
        """KServe's version as `0.20`: its controller's tag, else that of an image that it is told to use."""
        images = [self.controller] if isinstance(self.controller, str) else []
        if not isinstance(self.config, Absent):
            parts = (self.config.get(part, {}) for part in ("storageInitializer", "agent", "router"))
            images += [str(part.get("image", "")) for part in parts]
        return next((found[1] for image in images if (found := TAG.search(image))), None)

    @property
    def mode(self) -> str | None:
        """KServe's default mode, by its new name; None if that is not known."""
        if isinstance(self.config, Absent):
            return None
        said = str(self.config.get("deploy", {}).get("defaultDeploymentMode") or "Standard")
        return _MODES.get(said, said)

    @property
    def has_knative(self) -> bool:
        """Whether Knative Serving's kinds are there."""
        return KNATIVE_SERVICE.api_version in self.groups

    @property
    def new(self) -> Mode:
        """The mode of a new deployment where none is chosen: KServe's default, as far as there is Knative."""
        return Mode.KNATIVE if self.mode == "Knative" and self.has_knative else Mode.STANDARD


_MODES = {"Serverless": "Knative", "RawDeployment": "Standard"}
"""Before 0.16, and what newer ones still read."""


def discover(api: Api, shape: Shape) -> Live:
    """Look at the cluster.

    Raises:
        SpecError: No cluster is configured.
        Unreachable: It does not answer, or does not know us.
    """
    storage = shape.storage
    questions: dict[str, Callable[[], Any]] = {
        "kubernetes": lambda: _version(api),
        "groups": lambda: _groups(api),
        "kserve_kinds": lambda: _kserve_kinds(api),
        "config": lambda: _config(api),
        "controller": lambda: _controller(api),
        "gateway": lambda: _one(api, GATEWAY, shape.gateway.name, shape.gateway.namespace),
        "namespace": lambda: _one(api, NAMESPACE, shape.namespace),
        "secret": lambda: _keys(api, storage.secret, shape.namespace),
        "service_account": lambda: _one(api, SERVICE_ACCOUNT, storage.service_account or "", shape.namespace),
        "pull_secrets": lambda: {
            name: _type(api, name, shape.namespace) for name in shape.images.pull_secrets
        },
        "on_nodes": lambda: _on_nodes(api) if is_loaded(shape) else Absent.NOT_THERE,
    }
    with ThreadPoolExecutor(_WORKERS) as pool:
        asked = {what: pool.submit(question) for what, question in questions.items()}
        return Live(**{what: answer.result() for what, answer in asked.items()})


def new_mode(api: Api) -> Mode:
    """The mode of a new deployment where none is chosen; Standard too where we may not look.

    Raises:
        Unreachable: The cluster does not answer, or does not know us.
    """
    with ThreadPoolExecutor(2) as pool:
        groups, config = pool.submit(_groups, api), pool.submit(_config, api)
        return Live("", groups.result(), config=config.result()).new


def containers(api: Api) -> list[Manifest] | Absent:
    """What downloads models for KServe, beside what it has itself."""
    reply = api.raw("GET", STORAGE_CONTAINER.path())
    if reply.status == _FORBIDDEN:
        return Absent.FORBIDDEN
    return list(entries(_body(reply), "items"))


def account(api: Api, called: str, namespace: str) -> Manifest | Absent:
    """A ServiceAccount."""
    return _one(api, SERVICE_ACCOUNT, called, namespace)


def there(api: Api, secrets: Iterable[str], namespace: str) -> set[str]:
    """Which of these Secrets a namespace has, or may have: those that we may not look at are in it."""
    return {secret for secret in secrets if _one(api, SECRET, secret, namespace) is not Absent.NOT_THERE}


def _one(api: Api, kind: Kind, name: str, namespace: str | None = None) -> Manifest | Absent:
    if not name:
        return Absent.NOT_THERE
    reply = api.raw("GET", kind.path(namespace, name))
    if reply.status == _OK:
        return _body(reply)
    return Absent.NOT_THERE if reply.status == _NOT_FOUND else Absent.FORBIDDEN


def _body(reply: Reply) -> Mapping[str, Any]:
    """A JSON object; an empty one where there is none, such as the page of a proxy."""
    try:
        found = json.loads(reply.body) if reply.status == _OK else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _version(api: Api) -> str:
    return str(_body(api.raw("GET", "/version")).get("gitVersion", ""))


def _groups(api: Api) -> frozenset[str]:
    """Whoever is known to the cluster may ask this."""
    reply = api.raw("GET", "/apis")
    groups = _body(reply).get("groups")
    if groups is None:
        raise problem(
            reply.status, reply.body, Asked("get", _ANY, "", "", str(api.place), api.place.user_name)
        )
    return frozenset(version["groupVersion"] for group in groups for version in group["versions"])


def _kserve_kinds(api: Api) -> frozenset[str]:
    found = [_body(api.raw("GET", f"/apis/serving.kserve.io/{v}")) for v in ("v1alpha1", "v1beta1")]
    plurals = (kind["name"] for body in found for kind in body.get("resources", []))
    return frozenset(plural for plural in plurals if "/" not in plural)


def _config(api: Api) -> Mapping[str, Mapping[str, Any]] | Absent:
    found = _one(api, CONFIG_MAP, CONFIG, KSERVE_NAMESPACE)
    if isinstance(found, Absent):
        return found
    return {key: _mapping(text) for key, text in (found.get("data") or {}).items()}


def _mapping(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _controller(api: Api) -> str | Absent:
    query = [("labelSelector", CONTROLLER)]
    reply = api.raw("GET", DEPLOYMENT.path(KSERVE_NAMESPACE), query=query)
    if reply.status == _FORBIDDEN:
        return Absent.FORBIDDEN
    for found in _body(reply).get("items", []):
        containers = found["spec"]["template"]["spec"]["containers"]
        return str(next((c["image"] for c in containers if c["name"] == "manager"), containers[0]["image"]))
    return Absent.NOT_THERE


def _keys(api: Api, name: str | None, namespace: str) -> frozenset[str] | Absent:
    found = _one(api, SECRET, name or "", namespace)
    return found if isinstance(found, Absent) else frozenset(found.get("data") or {})


def is_loaded(shape: Shape) -> bool:
    """Whether our images are on no registry: the nodes have them, or nobody has."""
    ours = (shape.images.predictor, shape.images.transformer)
    return any(image.startswith(f"{NOWHERE}/") for image in ours)


def _on_nodes(api: Api) -> Mapping[str, frozenset[str]] | Absent:
    reply = api.raw("GET", NODE.path(), query=[("limit", _MOST_NODES)])
    if reply.status != _OK:
        return Absent.FORBIDDEN
    return {
        name(node): frozenset(
            str(known) for image in entries(node, "status", "images") for known in image.get("names") or ()
        )
        for node in entries(_body(reply), "items")
    }


def _type(api: Api, name: str, namespace: str) -> str | Absent:
    found = _one(api, SECRET, name, namespace)
    return found if isinstance(found, Absent) else str(found.get("type", ""))
