"""What a context says of a cluster, how that is checked, and the `Shape` that it means. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from platformctl.domain import images
from platformctl.domain.cluster import KSERVE_VERSIONS, Gateway, Images, Mode, Shape, Storage
from platformctl.domain.errors import SpecError
from platformctl.domain.nearest import did_you_mean
from platformctl.domain.wording import said

Wrong = tuple[str, str]
"""What is wrong, and what to do."""

DEFAULT_NAMESPACE = "default"
"""What Kubernetes itself takes where nothing names a namespace."""

AUTO = "auto"
"""The mode that a deployment has; of a new one that which is the cluster's default."""

MODES = (AUTO, *(mode.value for mode in Mode))

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_OBJECT = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_GATEWAY = re.compile(rf"({_LABEL})/({_OBJECT.pattern})")
_PLACEHOLDER = re.compile(r"\{(.*?)\}")
_PLACEHOLDERS = ("name", "namespace")
_LONGEST_HOST = 253
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BEGINNING = re.compile(r"[a-z][a-z0-9+.-]*:/|/", re.ASCII)
_REPLACEMENT = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s]+.*", re.ASCII)
_OURS_ALONE = ("models:", "runs:", "file:")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """The keys of a context that only a cluster needs. What is not given is None or empty.

    Args:
        kube_context: The context of kubeconfig.
        kubeconfig: Its file, absolute.
        gateway: The Gateway that requests come through.
        host: The host of a deployment, with `{name}` and `{namespace}`.
        mode: What KServe is to make of a new deployment, one of MODES.
        kserve: The version that is rendered for, one of KSERVE_VERSIONS.
        images: The prefix of the stock images, as `image build --prefix` has it.
        predictor_image: The exact image of our model server instead.
        transformer_image: The exact image of our transformer instead.
        pull_secrets: Secrets of the namespace that images are pulled with.
        storage_secret: The Secret of the namespace with the store's credentials.
        service_account: One that has the store's credentials already.
        prometheus: The URL of a Prometheus that has the figures of the pods.
        storage: From the beginning of an artifact's URI to what pods read instead.
    """

    kube_context: str | None = None
    kubeconfig: Path | None = None
    gateway: str | None = None
    host: str | None = None
    mode: str | None = None
    kserve: str | None = None
    images: str | None = None
    predictor_image: str | None = None
    transformer_image: str | None = None
    pull_secrets: tuple[str, ...] = ()
    storage_secret: str | None = None
    service_account: str | None = None
    prometheus: str | None = None
    storage: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def shape(options: ClusterOptions, namespace: str | None, version: str) -> Shape:
    """Return what rendering knows of the cluster. The same settings give the same one everywhere.

    Args:
        options: What the context says; everything else has a default.
        namespace: None: the default one.
        version: platformctl's own, the tag of the stock images.
    """
    default = Shape(namespace or DEFAULT_NAMESPACE, _images(options, version))
    return Shape(
        namespace=default.namespace,
        images=default.images,
        kserve=options.kserve or default.kserve,
        gateway=Gateway(*options.gateway.split("/")) if options.gateway else default.gateway,
        host=options.host or default.host,
        storage=Storage(options.storage, options.storage_secret, options.service_account),
    )


def _images(options: ClusterOptions, version: str) -> Images:
    prefix = options.images or images.NOWHERE
    tag = version.replace("+", "_")  # a local version (PEP 440) is no tag otherwise
    return Images(
        predictor=options.predictor_image or images.reference(prefix, "predictor", tag),
        transformer=options.transformer_image or images.reference(prefix, "transformer", tag),
        pull_secrets=options.pull_secrets,
    )


def namespace_fault(value: object) -> Wrong | None:
    """Say what is wrong with a namespace: a DNS-1123 label."""
    if isinstance(value, str) and _NAMESPACE.fullmatch(value):
        return None
    return f"{said(value)} is not a namespace", "lower-case letters, digits and '-', at most 63"


def object_fault(value: object) -> Wrong | None:
    """Say what is wrong with the name of an object of Kubernetes."""
    if isinstance(value, str) and _OBJECT.fullmatch(value):
        return None
    return f"{said(value)} is not the name of an object", "lower-case letters, digits, '-' and '.'"


def objects_fault(value: object) -> Wrong | None:
    """Say what is wrong with a list of such names."""
    if not isinstance(value, list):
        return f"must be a list, not {said(value)}", 'write ["NAME"]'
    return next((wrong for wrong in map(object_fault, value) if wrong), None)


def gateway_fault(value: object) -> Wrong | None:
    """Say what is wrong with the name of a Gateway."""
    if isinstance(value, str) and _GATEWAY.fullmatch(value):
        return None
    return f"{said(value)} is not a Gateway", f'write "NAMESPACE/NAME", such as "{Gateway()}"'


def host_fault(value: object) -> Wrong | None:
    """Say what is wrong with the pattern of a deployment's host."""
    hint = 'such as "{name}-{namespace}.example.com"'
    if not isinstance(value, str):
        return f"must be text, not {said(value)}", hint
    unknown = [found for found in _PLACEHOLDER.findall(value) if found not in _PLACEHOLDERS]
    if unknown:
        return f"{said('{' + unknown[0] + '}')} stands for nothing", did_you_mean(unknown[0], _PLACEHOLDERS)
    if "{name}" not in value:
        return f"all deployments would have the host {said(value)}", f"put {{name}} into it, {hint}"
    if len(value) > _LONGEST_HOST or not _OBJECT.fullmatch(_PLACEHOLDER.sub("a", value)):
        return f"{said(value)} is not a host", hint
    return None


def mode_fault(value: object) -> Wrong | None:
    """Say what is wrong with the name of a mode; KServe's own spelling is none of ours."""
    if value in MODES:
        return None
    return f"{said(value)} is not a mode", did_you_mean(str(value), MODES)


def kserve_fault(value: object) -> Wrong | None:
    """Say what is wrong with the version of KServe."""
    if value in KSERVE_VERSIONS:
        return None
    if isinstance(value, float):  # 0.20 is 0.2 by the time that we see it
        return f"the version {value} is a number", 'write it in quotes: "0.20"'
    known = ", ".join(KSERVE_VERSIONS)
    hint = f"known: {known}; take the newest that is not newer than your cluster's"
    return f"{said(value)} is not a version of KServe that we know", hint


def prefix_fault(value: object) -> Wrong | None:
    """Say what is wrong with the prefix of the stock images."""
    try:
        images.reference(value if isinstance(value, str) else "", "predictor", "0")
    except SpecError:
        return f"{said(value)} is not where images can be", 'a host and a path: "ghcr.io/your-team"'
    return None


def image_fault(value: object) -> Wrong | None:
    """Say what is wrong with an image's reference: it has to mean the same image tomorrow."""
    hint = 'such as "ghcr.io/your-team/platformctl-predictor:1.0.0", or with @sha256:…'
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        return f"{said(value)} is not an image", hint
    name, at, digest = value.partition("@")
    if at:
        return None if name and _DIGEST.fullmatch(digest) else (f"{said(value)} has no SHA-256 digest", hint)
    tag = name.rpartition("/")[2].partition(":")[2]
    if tag in ("", "latest"):
        return f"{said(value)} may be another image tomorrow", f"give its version or digest, {hint}"
    return None


def url_fault(value: object) -> Wrong | None:
    """Say what is wrong with a URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if parts and parts.scheme in ("http", "https") and parts.hostname:
        if parts.username is None:
            return None
        return (
            "the URL has a user or a password",
            "one that lets us in without: nothing is sent to sign in with",
        )
    return f"{said(value)} is not a URL", 'such as "http://prometheus.monitoring:9090"'


def mapping_fault(beginning: str, replacement: object) -> Wrong | None:
    """Say what is wrong with one line of the table of storage."""
    if not _BEGINNING.match(beginning):
        return f"{said(beginning)} is not how a URI begins", 'such as "mlflow-artifacts:/", or a folder'
    if not isinstance(replacement, str) or not _REPLACEMENT.fullmatch(replacement):
        return f"{said(replacement)} is not where pods can read", 'such as "s3://bucket/path"'
    if replacement.startswith(_OURS_ALONE):
        return f"pods cannot read from {said(replacement)}", 'such as "s3://bucket/path"'
    return None
