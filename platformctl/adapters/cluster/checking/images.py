"""Whether images can be had, as far as that can be told without pulling them."""

from collections.abc import Iterator

from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent, Live
from platformctl.domain.cluster import Shape
from platformctl.domain.images import NOWHERE
from platformctl.domain.observed import Severity

_PULLED_BY = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
_PUSH = 'platformctl image build --prefix REGISTRY --push, then images = "REGISTRY" in the context'


def checks(live: Live, shape: Shape) -> Iterator[Check]:
    """Where ours come from, and by which Secrets they are pulled."""
    for image in dict.fromkeys((shape.images.predictor, shape.images.transformer)):
        yield _loaded(image, live) if image.startswith(f"{NOWHERE}/") else _pulled(image)
    for name, kind in live.pull_secrets.items():
        yield _secret(name, kind, shape.namespace)


def _pulled(image: str) -> Check:
    return Check("images", f"{image} (configured; whether nodes can pull it shows when one does)")


def _loaded(image: str, live: Live) -> Check:
    """One that cannot be pulled. A node tells of 50 images at most, so this is no proof."""
    if isinstance(live.on_nodes, Absent):
        text = f"{image} is on no registry; whether nodes have it may not be looked at"
        return Check("images", text, Severity.WARNING, _PUSH)
    having = [node for node, images in live.on_nodes.items() if image in images]
    text = f"{image} is on {len(having)} of {len(live.on_nodes)} nodes, and on no registry"
    if having and len(having) == len(live.on_nodes):
        return Check("images", text)
    return Check("images", text, Severity.WARNING, f"{_PUSH}; on kind: kind load docker-image {image}")


def _secret(name: str, kind: str | Absent, namespace: str) -> Check:
    hint = (
        f"kubectl create secret docker-registry {name} -n {namespace} --docker-server=HOST "
        "--docker-username=USER --docker-password=TOKEN"
    )
    if kind is Absent.FORBIDDEN:
        return Check("images", f"Secret {name} to pull with (we may not look at it)")
    if isinstance(kind, Absent):
        text = f"there is no Secret {name} in namespace {namespace} to pull images with"
        return Check("images", text, Severity.ERROR, hint)
    if kind not in _PULLED_BY:
        text = f"Secret {name} is of type {kind}; images are pulled with {_PULLED_BY[0]}"
        return Check("images", text, Severity.ERROR, hint)
    return Check("images", f"Secret {name} to pull with")
