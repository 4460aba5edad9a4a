"""Whether a version of KServe takes what was rendered, by the schemas of `schemas/kserve/`.

The API server prunes fields that it does not know, in silence: here they are refused.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from platformctl.domain.cluster import KSERVE_VERSIONS
from platformctl.domain.errors import SpecError
from platformctl.domain.manifests import HOLDS, Manifest
from platformctl.domain.wording import said
from platformctl.render.templates import brought

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema_rs import Draft202012Validator

_KSERVE = "InferenceService"
_SETTINGS = "serving.schema"


def check(manifests: Iterable[Manifest], version: str) -> None:
    """Refuse what a version of KServe, or of Gateway API, does not take.

    Args:
        manifests: What was rendered.
        version: One of KSERVE_VERSIONS.

    Raises:
        SpecError: There is something; the message has the field's path, and a version that takes it.
    """
    for manifest in manifests:
        if manifest["kind"] == "ConfigMap" and HOLDS not in manifest["metadata"]["labels"]:
            _check_settings(manifest)
        wrong = fault(manifest, version)
        if wrong is None:
            continue
        taking = [other for other in KSERVE_VERSIONS if fault(manifest, other) is None]
        raise SpecError(
            f"KServe {version} does not take {wrong}",
            field=f"{manifest['kind']} {manifest['metadata']['name']}",
            hint=f"KServe {taking[0]} does" if taking else "report it: no version that we know takes it",
        )


def fault(manifest: Manifest, version: str) -> str | None:
    """What a version does not take, in words; None: it takes all."""
    name = _schema(manifest, version)
    return _first_fault(manifest, name) if name else None


def _check_settings(manifest: Manifest) -> None:
    """Hold settings to the servers' own schema.

    Raises:
        AssertionError: We have written what they would refuse.
    """
    for name, text in manifest["data"].items():
        wrong = _first_fault(json.loads(text), _SETTINGS)
        if wrong:
            raise AssertionError(f"{name} of {manifest['metadata']['name']}: {wrong}")


def _schema(manifest: Manifest, version: str) -> str | None:
    """The schema of a manifest; None: it is of a kind that Kubernetes itself has."""
    if manifest["kind"] == _KSERVE:
        return f"kserve/inferenceservice-{version}"
    return "kserve/httproute" if manifest["kind"] == "HTTPRoute" else None


def _first_fault(document: Mapping[str, Any], schema: str) -> str | None:
    error = next(_validator(schema).iter_errors(document), None)
    if error is None:
        return None
    path = ".".join(map(str, error.instance_path))
    unknown = getattr(error.kind, "unexpected", ())
    if unknown:
        return f"the field {'.'.join(filter(None, (path, unknown[0])))}"
    return f"{said(error.instance)} in {path}: {error.message}"


@cache
def _validator(schema: str) -> "Draft202012Validator":
    from jsonschema_rs import Draft202012Validator  # who renders nothing need not pay for it

    path: Path = brought("schemas") / f"{schema}.json"
    return Draft202012Validator(json.loads(path.read_bytes()))
