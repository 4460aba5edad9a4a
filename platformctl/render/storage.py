"""Where pods read a model from: the URI that KServe is given, by configuration where no API tells.

KServe checks none of these when an InferenceService is made: what it cannot read fails in the pod.
"""

import re
from urllib.parse import urlsplit

from platformctl.domain.cluster import Storage
from platformctl.domain.errors import SpecError
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.revision import ModelVersion

PROXIED = "mlflow-artifacts"
"""The scheme of artifacts that an MLflow server hands out itself."""

_READ_BY_KSERVE = frozenset(
    {"s3", "gs", "hf", "pvc", "oci", "oci+native", "oci+fetch", "hdfs", "webhdfs", PROXIED}
)
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")
_AZURE = re.compile(r"(?:wasbs?|abfss?)://([^@/]+)@([^./]+)\.(?:blob|dfs)\.core\.windows\.net(/.*)?")
_BLOB_HOST = ".blob.core.windows.net"
_FIELD = "spec.model"


def uri(version: ModelVersion, storage: Storage) -> str:
    """The URI by which pods read a model's files.

    Raises:
        SpecError: They cannot; the message says the way out.
    """
    found = _azure(_mapped(version.uri, storage) or version.uri)
    scheme = urlsplit(found).scheme
    absolute = found.startswith((f"{scheme}://", f"{PROXIED}:"))
    if scheme in _READ_BY_KSERVE and absolute:
        return found
    if scheme in {"http", "https"} and absolute:
        return _web(found)
    raise _unreadable(found, scheme)


def findings(version: ModelVersion, storage: Storage) -> list[Finding]:
    """What is to be said of it, though it can be read."""
    if not uri(version, storage).startswith(f"{PROXIED}:"):
        return []
    return [
        Finding(
            Severity.INFO,
            "the MLflow server itself hands out the model's files: the cluster needs the "
            "ClusterStorageContainer that downloads them",
            _FIELD,
            _mapping_hint(f"{PROXIED}:/"),
        )
    ]


def _mapped(text: str, storage: Storage) -> str | None:
    """The URI by the longest beginning that is configured for it."""
    plain = _without_host(text)
    fitting = [beginning for beginning in storage.mapping if _begins(plain, beginning)]
    if not fitting:
        return None
    beginning = max(fitting, key=len)
    rest = plain[len(beginning) :].lstrip("/")
    root = storage.mapping[beginning].rstrip("/")
    return f"{root}/{rest}" if rest else root


def _without_host(text: str) -> str:
    """`mlflow-artifacts://host/1/models` means `mlflow-artifacts:/1/models`, of a server that it names."""
    return f"{PROXIED}:{urlsplit(text).path}" if text.startswith(f"{PROXIED}://") else text


def _begins(text: str, beginning: str) -> bool:
    """Whether it begins so, at the end of a folder: /models is no beginning of /models2."""
    return text.startswith(beginning) and (beginning.endswith("/") or text[len(beginning) :][:1] in ("", "/"))


def _azure(text: str) -> str:
    match = _AZURE.fullmatch(text)
    return f"https://{match[2]}{_BLOB_HOST}/{match[1]}{match[3] or ''}" if match else text


def _web(found: str) -> str:
    """An archive, or a folder in Azure: of anything else KServe would download one page."""
    parts = urlsplit(found)
    if (parts.hostname or "").endswith(_BLOB_HOST) or parts.path.endswith(_ARCHIVES):
        return found
    raise SpecError(
        f"pods cannot read the folder {found}: over {parts.scheme} KServe downloads single files",
        field=_FIELD,
        hint=_mapping_hint(f"{parts.scheme}://{parts.netloc}/"),
    )


def _unreadable(found: str, scheme: str) -> SpecError:
    if found.startswith(("models:", "runs:")):
        return SpecError(
            f"{found} is a name inside MLflow, which pods cannot read",
            field=_FIELD,
            hint="name the version: the registry then says where its files are",
        )
    if scheme in {"", "file"}:
        return SpecError(
            f"the model's files are on this machine, at {found}: pods cannot read them",
            field=_FIELD,
            hint=_mapping_hint("/folder", "pvc://claim/folder"),
        )
    beginning = f"{scheme}://" if "://" in found else f"{scheme}:/"
    message = f"KServe does not read {scheme}: {found}"
    return SpecError(message, field=_FIELD, hint=_mapping_hint(beginning))


def _mapping_hint(beginning: str, replacement: str = "s3://bucket/path") -> str:
    return (
        f'in platformctl.toml, [contexts.NAME.storage], say what pods read: "{beginning}" = "{replacement}"'
    )
