"""What the URI and MLflow's environment variables say: which server, which folder, who we are."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from platformctl_storage.exits import Code, Exit

SCHEME = "mlflow-artifacts"
URI = "MLFLOW_TRACKING_URI"

_PROXY = "/api/2.0/mlflow-artifacts/artifacts"
_USER, _PASSWORD, _TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
_CA, _CLIENT = "MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH"
_INSECURE = "MLFLOW_TRACKING_INSECURE_TLS"
_RETRIES, _BACKOFF = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"
_TIMEOUT = "MLFLOW_HTTP_REQUEST_TIMEOUT"

_HINT = f"it looks like {SCHEME}:/1/models/m-4f2a/artifacts"


@dataclass(frozen=True)
class Settings:
    """Where the artifacts are, and how to ask for them.

    Args:
        server: The server's URI as messages name it: without credentials.
        artifacts: The URL below which it lists and hands out artifacts.
        path: The folder of the model there.
        headers: Sent with every request.
        tls: For https; None for http.
        retries: How often a request that failed for a while is sent again.
        backoff: Seconds: what the pauses between those grow from.
        timeout: Seconds that a server may be silent.
    """

    server: str
    artifacts: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    tls: ssl.SSLContext | None
    retries: int
    backoff: float
    timeout: float


def settings_of(uri: str, environ: Mapping[str, str]) -> Settings:
    """Read a URI and the environment as MLflow's own client does.

    Raises:
        Exit: The URI is none of `mlflow-artifacts`, no server is named, or a value cannot be meant.
    """
    path, host = _source(uri)
    tracking = _tracking(environ)
    server = f"{tracking.scheme}://{host or tracking.netloc.rpartition('@')[2]}{tracking.path.rstrip('/')}"
    return Settings(
        server=server,
        artifacts=f"{server}{_PROXY}",
        path=path,
        headers=_headers(tracking, environ),
        tls=_tls(environ) if tracking.scheme == "https" else None,
        retries=int(_number(environ, _RETRIES, 7)),
        backoff=_number(environ, _BACKOFF, 2),
        timeout=_number(environ, _TIMEOUT, 120),
    )


def _source(uri: str) -> tuple[str, str]:
    """The folder of a URI, and the host that it names or `""`."""
    parts = urlsplit(uri)
    if parts.scheme != SCHEME:
        raise Exit(Code.SETTINGS, f"{uri!r} is not a URI of {SCHEME}", _HINT)
    if parts.netloc.isdecimal():
        raise Exit(Code.SETTINGS, f"{uri!r} names a port and no host", _HINT)
    names = [name for name in parts.path.split("/") if name]
    if not names or {".", ".."} & set(names):
        raise Exit(Code.SETTINGS, f"{uri!r} names no folder of a model", _HINT)
    return "/".join(names), parts.netloc.rpartition("@")[2]


def _tracking(environ: Mapping[str, str]) -> SplitResult:
    hint = f"set {URI} for this container: in the Secret that its ClusterStorageContainer names"
    address = environ.get(URI, "").strip()
    if not address:
        raise Exit(Code.SETTINGS, f"{URI} is not set: which server has the artifacts is not known", hint)
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        shown = address.rpartition("@")[2]
        raise Exit(Code.SETTINGS, f"{URI}={shown!r} is not the address of an MLflow server", hint)
    return parts


def _headers(tracking: SplitResult, environ: Mapping[str, str]) -> dict[str, str]:
    headers = {"User-Agent": "platformctl", "Accept": "*/*"}
    user, password = environ.get(_USER), environ.get(_PASSWORD)
    if tracking.username is not None:
        user, password = unquote(tracking.username), unquote(tracking.password or "")
    if user and password is not None:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    elif token := environ.get(_TOKEN):
        headers["Authorization"] = f"Bearer {token}"
    if workspace := environ.get("MLFLOW_WORKSPACE", "").strip():
        headers["X-MLFLOW-WORKSPACE"] = workspace
    return headers


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    name = _CA
    try:
        # REQUESTS_CA_BUNDLE: what MLflow's client is told by when it is told nothing of its own.
        context = ssl.create_default_context(cafile=environ.get(_CA) or environ.get("REQUESTS_CA_BUNDLE"))
        if client := environ.get(_CLIENT):
            name = _CLIENT
            context.load_cert_chain(client)
    except OSError as error:  # ssl.SSLError is one
        cause = f"{name}: {error.strerror or error}"
        raise Exit(Code.SETTINGS, cause, f"{name} names a file of PEM that is mounted here") from error
    if environ.get(_INSECURE, "").lower() in {"1", "true"}:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise Exit(Code.SETTINGS, f"{name}={text!r} is not a number of at least 0", f"unset {name}")
    return value
