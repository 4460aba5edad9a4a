"""Why a model was not downloaded: what KServe's storage initializer wrote before it ended. Pure.

Its own summary may mislead (an unknown access key "does not exist", which it takes for a missing bucket), so
what the store itself said is looked at first.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened

NAME = "storage-initializer"

_CREDENTIALS = "is storage_secret of the context right? platformctl doctor looks at it"
_THERE = "are the files still where the registry says? And does `storage` of the context map that rightly?"

_RULES = (
    Rule(
        r"Cannot recognize storage type",
        "KServe cannot download from {uri}",
        "map it to a store that it can in storage of the context; for mlflow-artifacts: install the "
        "ClusterStorageContainer of platformctl",
    ),
    Rule(
        r"InvalidAccessKeyId|access key id .* does not exist",
        "the store knows no such key: {uri}",
        _CREDENTIALS,
    ),
    Rule(r"SignatureDoesNotMatch", "the store refuses the key's secret: {uri}", _CREDENTIALS),
    Rule(r"ExpiredToken|token has expired", "the credentials have expired: {uri}", _CREDENTIALS),
    Rule(r"NoSuchBucket|bucket .*does not exist", "there is no such bucket: {uri}", _THERE),
    # Whoever asks for a bucket's head is told a number only; to a key unknown to it a store may say 404 too.
    Rule(
        r"\(404\) when calling the HeadBucket",
        "the store has no such bucket, or does not know the key: {uri}",
        f"{_THERE}; {_CREDENTIALS}",
    ),
    Rule(
        r"Unable to locate credentials|NoCredentials|DefaultCredentialsError",
        "the store wants credentials and was given none: {uri}",
        "name a Secret with them in storage_secret of the context",
    ),
    Rule(
        r"AccessDenied|Access denied|\(403\)|\b403\b|Forbidden|permission denied",
        "the store does not let it read {uri}",
        _CREDENTIALS,
    ),
    Rule(r"No model found in|NoSuchKey|\(404\)|\b404\b", "nothing lies at {uri}", _THERE),
    Rule(
        r"CERTIFICATE_VERIFY_FAILED|x509|ca bundle",
        "the certificate of the store is not trusted: {uri}: {said}",
        "give KServe its CA: caBundleConfigMapName of storageInitializer in inferenceservice-config",
    ),
    Rule(
        r"Could not connect|EndpointConnectionError|ConnectTimeout|ReadTimeout|timed out|Connection refused"
        r"|Name or service not known|name resolution|Failed to connect|Max retries|Connection reset",
        "the store cannot be reached from the cluster: {uri}: {said}",
        "is the endpoint in storage_secret one that pods can reach?",
        None,
    ),
    Rule(r"No space left", "the node has no room for the model: {uri}", "free some of its disk", None),
    Rule(
        r"authentication failed|credential", "the store refuses the credentials: {uri}: {said}", _CREDENTIALS
    ),
    Rule(r"not found|does not exist", "nothing lies at {uri}: {said}", _THERE),
)


def cause(container: Mapping[str, Any], lines: Sequence[str], *, loops: bool) -> Cause:
    """Why the download failed.

    Args:
        container: The initializer, as the pod's spec has it.
        lines: What it wrote last, oldest first.
        loops: Whether it has failed so often that more of the same are not waited for.
    """
    said = _said(lines)
    found = by_rules(_RULES, "\n".join(lines), uri=uri(container), said=said)
    if found is None:
        text = f"the model could not be downloaded from {uri(container)}"
        return Cause(f"{text}: {said}" if said else text, hopeless=loops)
    return Cause(found.text, found.hint, hopeless=found.hopeless or loops)


def uri(container: Mapping[str, Any]) -> str:
    """Where it downloads from."""
    args = container.get("args")
    return str(args[0]) if isinstance(args, list) and args else "the store"


def _said(lines: Sequence[str]) -> str:
    """The last line that says what went wrong, without when and where that was written."""
    telling = [line for line in lines if re.search(r"error|exception|failed|cannot", line, re.IGNORECASE)]
    line = next(reversed(telling or list(lines)), "")
    return shortened(re.sub(r"^.*?(ERROR|CRITICAL)\S*\s*(\[[^\]]*\]:?\s*)?", "", line) or line)


def is_download(container: Mapping[str, Any]) -> bool:
    """Whether a container is the one that downloads the model."""
    return objects.text(container, "name") == NAME
