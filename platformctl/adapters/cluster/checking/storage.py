"""Whether pods can read models: the ServiceAccount, and the keys that KServe reads of a Secret.

Source: pkg/credentials of KServe, v0.20. It takes the first family of which it finds the telling key.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence

from platformctl.adapters.cluster.api.objects import entries, mapping, text
from platformctl.adapters.cluster.api.objects import name as name_of
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent, Live
from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity

_ID, _KEY = "awsAccessKeyID", "awsSecretAccessKey"
"""KServe's own names for them, if its ConfigMap tells it no others; the one that it ships with does."""

_USUAL: Mapping[str, Mapping[str, object]] = {
    "credentials": {
        "s3": {"s3AccessKeyIDName": "AWS_ACCESS_KEY_ID", "s3SecretAccessKeyName": "AWS_SECRET_ACCESS_KEY"}
    }
}
_DOWNLOADER = (
    'map it to the store that the server keeps it in ([contexts.NAME.storage]: "mlflow-artifacts:/" = '
    '"s3://bucket/path"), or kubectl apply -f storage/clusterstoragecontainer.yaml (docs/cluster.md)'
)
_SIGNED = ("s3", "gs")
_GOOGLE = "gcloud-application-credentials.json"


def checks(live: Live, shape: Shape) -> Iterator[Check]:
    """What is configured of it."""
    account, secret = shape.storage.service_account, shape.storage.secret
    if account is not None:
        yield _service_account(live, account, shape.namespace)
    if secret is not None:
        yield _secret(live, secret, shape.namespace)
    if account is None and secret is None:
        yield Check("storage", "none configured: pods have what the namespace's default ServiceAccount has")


def proxied(uri: str, containers: Sequence[Manifest] | Absent, secrets: Container[str], place: str) -> Check:
    """Whether pods can download what an MLflow server hands out itself.

    Args:
        uri: What they are told to read.
        containers: The cluster's ClusterStorageContainers.
        secrets: The Secrets of the namespace, of those that `secrets_of` names.
        place: The namespace.
    """
    if isinstance(containers, Absent):
        return Check("storage", "whether the cluster can download from MLflow's server may not be looked at")
    found = downloader(uri, containers)
    if found is None:
        message = f"nothing in the cluster can download {uri}: the MLflow server itself hands it out"
        return Check("storage", message, Severity.ERROR, _DOWNLOADER, "spec.model")
    missing = [name for name in secrets_of(uri, containers) if name not in secrets]
    if missing:
        message = f"there is no Secret {missing[0]} in namespace {place}, which says where MLflow's server is"
        hint = f"kubectl create secret generic {missing[0]} -n {place} --from-literal=MLFLOW_TRACKING_URI=URI"
        return Check("storage", message, Severity.ERROR, hint, "spec.model")
    return Check("storage", f"{name_of(found)} downloads from MLflow's server")


def unsigned(uri: str, account: Manifest | Absent) -> list[Check]:
    """Whether pods are going to ask a store as nobody.

    Args:
        uri: What they are told to read.
        account: The ServiceAccount that they have where none is configured.
    """
    scheme = uri.partition("://")[0]
    if scheme not in _SIGNED or isinstance(account, Absent):
        return []
    # A cloud's identity is given to an account by an annotation.
    if entries(account, "secrets") or mapping(account, "metadata", "annotations"):
        return []
    message = f"pods will read {uri} without credentials: none are configured"
    hint = 'if the store wants some: storage_secret = "NAME" in the context (docs/cluster.md)'
    return [Check("storage", message, Severity.WARNING, hint, "spec.model")]


def secrets_of(uri: str, containers: Sequence[Manifest]) -> list[str]:
    """The Secrets that a download reads its settings from."""
    found = downloader(uri, containers) or {}
    return [
        secret
        for source in entries(found, "spec", "container", "envFrom")
        if (secret := text(source, "secretRef", "name"))
    ]


def is_used(container: Manifest) -> bool:
    """Whether KServe puts it into pods: it is not switched off, and not only for its caches."""
    kind = text(container, "spec", "workloadType")
    return container.get("disabled") is not True and kind in {"", "initContainer"}


def downloader(uri: str, containers: Sequence[Manifest]) -> Manifest | None:
    """Which container downloads a URI: as KServe tells, by a prefix or a regular expression."""
    for found in filter(is_used, containers):
        for form in entries(found, "spec", "supportedUriFormats"):
            prefix, regex = text(form, "prefix"), text(form, "regex")
            if (prefix and uri.startswith(prefix)) or (regex and re.match(regex, uri)):
                return found
    return None


def _service_account(live: Live, name: str, namespace: str) -> Check:
    if live.service_account is not Absent.NOT_THERE:
        return Check("storage", f"ServiceAccount {name}")
    message = f"there is no ServiceAccount {name} in namespace {namespace}"
    hint = f"kubectl create serviceaccount {name} -n {namespace}, with the credentials of the store"
    return Check("storage", message, Severity.ERROR, hint)


def _secret(live: Live, name: str, namespace: str) -> Check:
    if live.secret is Absent.FORBIDDEN:
        return Check("storage", f"Secret {name} (we may not look at it)")
    families = _families(live.config if not isinstance(live.config, Absent) else _USUAL)
    key, identity = families["S3"]
    literals = f"--from-literal={identity}=ID --from-literal={key}=KEY"
    create = f"kubectl create secret generic {name} -n {namespace} {literals}"
    if isinstance(live.secret, Absent):
        message = f"there is no Secret {name} in namespace {namespace} with the credentials of the store"
        return Check("storage", message, Severity.ERROR, f"for S3: {create}")
    store = next((store for store, keys in families.items() if keys[0] in live.secret), None)
    if store is None:
        message = (
            f"Secret {name} has no key that KServe reads: {', '.join(sorted(live.secret)) or 'none at all'}"
        )
        known = ", ".join(keys[0] for keys in families.values())
        return Check("storage", message, Severity.ERROR, f"for S3: {create}; the others have one of: {known}")
    missing = [wanted for wanted in families[store] if wanted not in live.secret]
    if missing:
        message = f"Secret {name} is for {store}, and lacks {', '.join(missing)}"
        return Check("storage", message, Severity.ERROR, f"kubectl edit secret {name} -n {namespace}")
    return Check("storage", f"Secret {name} has credentials for {store}")


def _families(config: Mapping[str, Mapping[str, object]]) -> Mapping[str, tuple[str, ...]]:
    """By store the key that tells it, and what else has to be there; KServe may be told other names."""
    told = config.get("credentials", {})
    return {
        "S3": (
            text(told, "s3", "s3SecretAccessKeyName") or _KEY,
            text(told, "s3", "s3AccessKeyIDName") or _ID,
        ),
        "Google Cloud Storage": (text(told, "gcs", "gcsCredentialFileName") or _GOOGLE,),
        "Azure (old names)": ("AZ_CLIENT_ID", "AZ_TENANT_ID"),
        "Azure": ("AZURE_CLIENT_ID", "AZURE_TENANT_ID"),
        "Azure by token": ("AZURE_ACCESS_TOKEN", "AZURE_TENANT_ID"),
        "Azure by key": ("AZURE_STORAGE_ACCESS_KEY",),
        "HTTPS": ("https-host",),
        "HDFS": ("HDFS_NAMENODE",),
        "Hugging Face": ("HF_TOKEN",),
    }
