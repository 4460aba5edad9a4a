"""The server that a registry URI and MLflow's environment variables describe."""

import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platformctl.adapters.registry.rest.proxy import Proxy, proxy_for
from platformctl.domain.errors import SpecError

_PORTS = {"http": 80, "https": 443}
_USER, _PASSWORD, _TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
_INSECURE, _CA = "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH"
_CLIENT, _WORKSPACE = "MLFLOW_TRACKING_CLIENT_CERT_PATH", "MLFLOW_WORKSPACE"
_TIMEOUT, _RETRIES = "MLFLOW_HTTP_REQUEST_TIMEOUT", "MLFLOW_HTTP_REQUEST_MAX_RETRIES"

# MLflow's own defaults, 120 s and 7 retries, are for training jobs; somebody is waiting here.
_PATIENCE_SECONDS = 4.5
_TRIES_AGAIN = 2


@dataclass(frozen=True)
class Server:
    """Where and how to ask.

    Args:
        uri: The registry's URI, without credentials: for messages.
        prefix: The path before `/api/2.0/…`; empty, or starting and not ending with a slash.
        headers: Sent with every request.
        known_by: What says who we are, in words; None if nothing does.
        tls: For https.
        proxy: In between; None to connect directly.
        patience: For one whole operation, in seconds.
        tries_again: How often a request is repeated when the server is busy (429, 502, 503, 504).
    """

    uri: str
    scheme: str
    host: str
    port: int
    prefix: str
    headers: Mapping[str, str] = field(repr=False)
    known_by: str | None
    tls: ssl.SSLContext | None
    proxy: Proxy | None
    patience: float
    tries_again: int


def server_of(uri: str, environ: Mapping[str, str]) -> Server:
    """Read a URI and the environment.

    Raises:
        SpecError: The URI is not one of a server, or a variable has a value that cannot be meant.
    """
    scheme, host, port, prefix = _address(uri)
    plain = f"{scheme}://{_bracketed(host)}{'' if port == _PORTS[scheme] else f':{port}'}{prefix}"
    known_by, authorization = _authorization(uri, environ)
    return Server(
        uri=plain,
        scheme=scheme,
        host=host,
        port=port,
        prefix=prefix,
        headers=_headers(authorization, environ),
        known_by=known_by,
        tls=_tls(environ) if scheme == "https" else None,
        proxy=proxy_for(scheme, host, port, environ),
        patience=_number(environ, _TIMEOUT, _PATIENCE_SECONDS),
        tries_again=int(_number(environ, _RETRIES, _TRIES_AGAIN)),
    )


def needs_mlflow(environ: Mapping[str, str]) -> str | None:
    """The variable that asks for a way of signing in which only the mlflow package has; None without.

    A server that is used with one of them is reached by `StoreRegistry`.
    """
    if environ.get("MLFLOW_TRACKING_AUTH"):
        return "MLFLOW_TRACKING_AUTH"
    return "MLFLOW_TRACKING_AWS_SIGV4" if _flag(environ, "MLFLOW_TRACKING_AWS_SIGV4") else None


def _address(uri: str) -> tuple[str, str, int, str]:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise _not_a_uri(uri) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _not_a_uri(uri)
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme], parts.path.rstrip("/")


def _not_a_uri(uri: str) -> SpecError:
    return SpecError(
        f"{uri.rpartition('@')[2]!r} is not the address of a server",
        field="registry",
        hint="use one such as https://mlflow.example.com or http://127.0.0.1:5000",
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _headers(authorization: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    headers = {"User-Agent": "platformctl", "Accept": "*/*"}
    if authorization:
        headers["Authorization"] = authorization
    if workspace := environ.get(_WORKSPACE, "").strip():
        headers["X-MLFLOW-WORKSPACE"] = workspace
    return headers


def _authorization(uri: str, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Who we are, in MLflow's order: the URI, then user and password, then the token."""
    parts = urlsplit(uri)
    if parts.username is not None:
        return "the URI", _basic(unquote(parts.username), unquote(parts.password or ""))
    kept = _credentials_file(environ)
    user = environ.get(_USER) or kept.get(_USER.lower())
    password = environ.get(_PASSWORD) or kept.get(_PASSWORD.lower())
    if user and password:
        return f"{_USER} and {_PASSWORD}" if environ.get(_USER) else "~/.mlflow/credentials", _basic(
            user, password
        )
    if token := environ.get(_TOKEN):
        return _TOKEN, f"Bearer {_printable(token, _TOKEN)}"
    return None, None


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _printable(text: str, variable: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise SpecError("holds characters that no header can", field=variable, hint="copy it again")
    return text


def _credentials_file(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The section [mlflow] of ~/.mlflow/credentials."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    file = Path(home, ".mlflow", "credentials") if home else None
    if file is None or not file.is_file():
        return {}
    import configparser  # most people have no such file

    # A password may hold a '%'; MLflow reads the file with interpolation, where that is an error.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}", field=str(file), hint="see MLflow's docs") from error
    return dict(parser["mlflow"]) if parser.has_section("mlflow") else {}


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    insecure = _flag(environ, _INSECURE)
    authority = environ.get(_CA)
    if insecure and authority:
        raise SpecError(f"is set together with {_CA}", field=_INSECURE, hint="unset one of them")
    bundle = authority or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    context = _trusting(bundle if not insecure else None)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate := environ.get(_CLIENT):
        _present(context, certificate)
    return context


def _trusting(bundle: str | None) -> ssl.SSLContext:
    if bundle is None:
        return ssl.create_default_context()
    is_folder = Path(bundle).is_dir()
    try:
        return ssl.create_default_context(
            cafile=None if is_folder else bundle, capath=bundle if is_folder else None
        )
    except OSError as error:
        raise SpecError(
            f"{bundle}: {error.strerror or error}",
            field=_CA,
            hint="name a PEM file with the certificate of the server's authority",
        ) from error


def _present(context: ssl.SSLContext, certificate: str) -> None:
    try:
        context.load_cert_chain(certificate)
    except OSError as error:
        raise SpecError(
            f"{certificate}: {error.strerror or error}",
            field=_CLIENT,
            hint="name a PEM file with our certificate and its key",
        ) from error


def _flag(environ: Mapping[str, str], variable: str) -> bool:
    text = environ.get(variable, "").lower()
    if text not in {"", "true", "false", "1", "0"}:
        raise SpecError(f"{text!r} is neither true nor false", field=variable, hint="use true or false")
    return text in {"true", "1"}


def _number(environ: Mapping[str, str], variable: str, default: float) -> float:
    text = environ.get(variable)
    if not text:
        return default
    if not text.isdecimal():
        raise SpecError(f"{text!r} is not a whole number", field=variable, hint=f"{default} is the default")
    return int(text)
