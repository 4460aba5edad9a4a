# noqa: INP001 - a script, in no package
"""Write `schemas/kserve/`: what each version of KServe, and Gateway API, take of the fields that we render.

    python hack/kserve_schemas.py [FOLDER]

The CRDs come by `go mod download` from the modules of KServe and Gateway API. They are pruned to `FIELDS`:
KServe's alone has 2 MB, and parsing it takes more than a second. A field that a version lacks is left out of
its schema; so rendering refuses it, by name.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

KSERVE = {"0.15": "v0.15.2", "0.16": "v0.16.0", "0.17": "v0.17.0", "0.19": "v0.19.0", "0.20": "v0.20.0"}
GATEWAY_API = "v1.5.1"

_FOLDER = Path(__file__).parents[1] / "schemas" / "kserve"

_PROBE = ("httpGet.path", "httpGet.port", "periodSeconds", "timeoutSeconds", "failureThreshold")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_SECURITY = (
    *("allowPrivilegeEscalation", "capabilities.drop[]", "privileged", "readOnlyRootFilesystem"),
    *("runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile.type"),
)
_CONTAINER = (
    *("name", "image", "args[]", "env[].name", "env[].value", "resources.requests", "resources.limits"),
    *("ports[].name", "ports[].containerPort", "ports[].protocol"),
    *(f"{probe}.{field}" for probe in _PROBES for field in _PROBE),
    *("lifecycle.preStop.sleep.seconds", "terminationMessagePolicy"),
    *(f"securityContext.{field}" for field in _SECURITY),
    *(f"volumeMounts[].{field}" for field in ("name", "mountPath", "readOnly")),
)
_VOLUME = (
    *("name", "emptyDir.medium", "emptyDir.sizeLimit"),
    *("configMap.name", "configMap.items[].key", "configMap.items[].path"),
)
_METRIC = (
    *("type", "resource.name", "resource.target.type", "resource.target.averageUtilization"),
    *(f"external.metric.{field}" for field in ("backend", "serverAddress", "query")),
    *("external.target.type", "external.target.value"),
)
_COMPONENT = (
    *("labels", "annotations", "minReplicas", "maxReplicas", "scaleMetric", "scaleTarget"),
    *("canaryTrafficPercent", "timeout", "automountServiceAccountToken", "serviceAccountName"),
    *(f"autoScaling.metrics[].{field}" for field in _METRIC),
    *("deploymentStrategy.type", "deploymentStrategy.rollingUpdate.maxSurge"),
    *("deploymentStrategy.rollingUpdate.maxUnavailable", "imagePullSecrets[].name", "nodeSelector"),
    *("securityContext.runAsNonRoot", "securityContext.seccompProfile.type", "terminationGracePeriodSeconds"),
    *(f"tolerations[].{field}" for field in ("key", "operator", "value", "effect", "tolerationSeconds")),
    *(f"topologySpreadConstraints[].{f}" for f in ("maxSkew", "topologyKey", "whenUnsatisfiable")),
    "topologySpreadConstraints[].labelSelector.matchLabels",
    *(f"containers[].{field}" for field in _CONTAINER),
    *(f"volumes[].{field}" for field in _VOLUME),
)
_BACKEND = ("group", "kind", "name", "port", "weight")
_RULE = (
    *("matches[].path.type", "matches[].path.value"),
    *(f"matches[].headers[].{field}" for field in ("type", "name", "value")),
    *(f"backendRefs[].{field}" for field in _BACKEND),
    "timeouts.request",
    *(f"filters[].{field}" for field in ("type", "requestRedirect.hostname", "requestRedirect.statusCode")),
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "InferenceService": tuple(
        f"spec.{component}.{field}" for component in ("predictor", "transformer") for field in _COMPONENT
    ),
    "HTTPRoute": (
        *(f"spec.parentRefs[].{field}" for field in ("group", "kind", "namespace", "name")),
        "spec.hostnames[]",
        *(f"spec.rules[].{field}" for field in _RULE),
    ),
}
"""By kind, what we render: names with dots; `[]` is each element of a list."""

_KEPT = frozenset(
    {
        "type",
        "enum",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
    }
    | {"additionalProperties"}
)

Schema = dict[str, Any]


def main(folder: Path) -> None:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for version, tag in KSERVE.items():
        crd = _module("github.com/kserve/kserve", tag) / "config/crd/full"
        path = next(crd.rglob("*_inferenceservices.yaml"))
        _write(folder / f"inferenceservice-{version}.json", "InferenceService", path)
    crds = _module("sigs.k8s.io/gateway-api", GATEWAY_API) / "config/crd/standard"
    _write(folder / "httproute.json", "HTTPRoute", crds / "gateway.networking.k8s.io_httproutes.yaml")


def _module(path: str, tag: str) -> Path:
    """The folder of a Go module, downloaded if it is not there."""
    command = ["go", "mod", "download", "-json", f"{path}@{tag}"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/").stdout
    return Path(json.loads(said)["Dir"])


def _write(path: Path, kind: str, crd: Path) -> None:
    document = yaml.load(crd.read_bytes(), Loader=yaml.CSafeLoader)
    version = next(each for each in document["spec"]["versions"] if each["storage"])
    whole = version["schema"]["openAPIV3Schema"]
    api_version = f"{document['spec']['group']}/{version['name']}"
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": f"What we render of {kind} {api_version}. Written by hack/kserve_schemas.py.",
        **_pruned(whole, FIELDS[kind]),
    }
    schema["properties"] |= {
        "apiVersion": {"const": api_version},
        "kind": {"const": kind},
        "metadata": {"type": "object"},
    }
    schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
    path.write_text(json.dumps(schema, indent=1) + "\n", encoding="utf-8")
    sys.stderr.write(f"{path}: {path.stat().st_size} bytes\n")


def _pruned(schema: Schema, fields: Iterable[str]) -> Schema:
    """A schema with no other fields than these, and nothing but what decides whether a value fits."""
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]} | {key: schema[key] for key in ("pattern",) if key in schema}
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if schema.get("type") == "array":
        return kept | {"items": _pruned(schema["items"], (field.removeprefix("[]") for field in fields))}
    if "properties" not in schema:
        return kept | _values(schema)
    below = _grouped(fields)
    known = {name: each for name, each in schema["properties"].items() if name in below}
    required = [name for name in schema.get("required", ()) if name in below]
    return {
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {name: _pruned(each, below[name]) for name, each in known.items()},
    }


def _values(schema: Schema) -> Schema:
    """What the values of a mapping may be."""
    values = schema.get("additionalProperties")
    return {"additionalProperties": _pruned(values, ())} if isinstance(values, dict) else {}


def _grouped(fields: Iterable[str]) -> dict[str, list[str]]:
    """What is below each first step: `.a.b` and `a[].c` are `b` and `[].c`, both below `a`."""
    below: dict[str, list[str]] = {}
    for field in fields:
        first, dot, rest = field.removeprefix(".").partition(".")
        name = first.removesuffix("[]")
        below.setdefault(name, []).append(("[]" if first.endswith("[]") else "") + (rest if dot else ""))
    return below


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else _FOLDER)
