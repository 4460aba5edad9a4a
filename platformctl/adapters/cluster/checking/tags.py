"""Whether Knative can resolve the tags of images to digests, which it does before it starts anything of them.

Source: knative.dev/serving v0.48, pkg/reconciler/revision; google/go-containerregistry, pkg/name.
"""

import json
from collections.abc import Iterable, Iterator

from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent
from platformctl.adapters.cluster.checking.serving import NAMESPACE, Serving
from platformctl.domain.images import NOWHERE
from platformctl.domain.observed import Severity

_HUB, _HUBS_OTHER_NAME = "index.docker.io", "docker.io"
_SKIPPED = "kind.local,ko.local,dev.local"
_KEY = "registries-skipping-tag-resolving"


def checks(serving: Serving, images: Iterable[str]) -> Iterator[Check]:
    """A line an image."""
    if isinstance(serving.config, Absent):
        yield Check("tags", f"not known: we may not look at ConfigMap {NAMESPACE}/config-deployment")
        return
    skipped = _skipped(serving)
    for image in dict.fromkeys(images):
        yield _check(image, skipped)


def registry(image: str) -> str:
    """The registry of an image, as Knative reads its name: `localhost/a` is on Docker Hub."""
    first, slash, _ = image.partition("/")
    found = first if slash and ("." in first or ":" in first) else _HUB
    return _HUB if found == _HUBS_OTHER_NAME else found


def _check(image: str, skipped: frozenset[str]) -> Check:
    where = registry(image)
    if "@" in image:
        return Check("tags", f"{image} has a digest")
    if where in skipped:
        return Check("tags", f"{image} is taken as it is: tags of {where} are not resolved")
    if not image.startswith(f"{NOWHERE}/"):
        return Check("tags", f"{image} (Knative's controller resolves its tag, for which it asks {where})")
    patch = json.dumps({"data": {_KEY: ",".join(sorted({*skipped, where}))}})
    text = f"{image} is on no registry, and Knative would resolve its tag, for which it asks {where}"
    hint = (
        'platformctl image build --prefix REGISTRY --push, then images = "REGISTRY" in the context; or '
        f"kubectl patch configmap -n {NAMESPACE} config-deployment --type merge -p '{patch}'"
    )
    return Check("tags", text, Severity.ERROR, hint)


def _skipped(serving: Serving) -> frozenset[str]:
    said = serving.told("config-deployment", _KEY, "registriesSkippingTagResolving")
    return frozenset(one.strip() for one in (_SKIPPED if said is None else said).split(","))
