"""From what a server answers to a document or an error. Pure.

MLflow's own errors are JSON (`error_code`, `message`); 401 and 403 are plain text; what stands in front
of MLflow (a proxy, a login page) answers in HTML.
"""

import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus

from platformctl.adapters.registry.rest.server import Server
from platformctl.adapters.registry.source import Missing
from platformctl.domain.errors import PlatformctlError, SpecError, Unreachable

_QUOTED = 200
_NO_SUCH = "RESOURCE_DOES_NOT_EXIST"


@dataclass(frozen=True)
class Reply:
    """A reply.

    Args:
        kind: The media type, without parameters.
        location: Where a redirect points to.
    """

    status: int
    kind: str
    body: bytes
    location: str | None = None


class BadValue(SpecError):
    """The registry says INVALID_PARAMETER_VALUE: of a name or an alias that cannot be, or is not there."""


def document(reply: Reply, server: Server) -> dict[str, object]:
    """The JSON object of a reply.

    Raises:
        Missing, BadValue, Unreachable: As `body` does, or it is not a JSON object.
    """
    found = _json(body(reply, server))
    if found is None:
        raise _not_mlflow(server, f"it answers with {reply.kind}")
    return found


def body(reply: Reply, server: Server) -> bytes:
    """The body of a 200.

    Raises:
        Missing: It says that there is no such thing.
        BadValue: It calls a value invalid.
        Unreachable: It will not let us in, is out of order, or is no MLflow server.
    """
    if reply.status == HTTPStatus.OK:
        return reply.body
    raise _problem(reply, server)


def _problem(reply: Reply, server: Server) -> PlatformctlError:
    said = _json(reply.body) or {}
    code, message = str(said.get("error_code", "")), str(said.get("message", ""))
    match reply.status:
        case HTTPStatus.UNAUTHORIZED:
            problem: PlatformctlError = _unknown(server)
        case HTTPStatus.FORBIDDEN:
            problem = _forbidden(message or _text(reply), server)
        case status if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem = _out_of_order(message or _text(reply), status, server)
        case _ if code == _NO_SUCH:
            problem = Missing(message)
        case _ if code:
            problem = BadValue(message, hint=f"{server.uri} answered {reply.status} {code}")
        case _ if reply.location:
            problem = _elsewhere(reply.location, server)
        case _:
            problem = _not_mlflow(server, f"it answers {reply.status} with {reply.kind}")
    return problem


def explain(error: OSError | http.client.HTTPException, server: Server) -> Unreachable:
    """What went wrong below HTTP, and what to do about it."""
    through = f" through the proxy {server.proxy.host}:{server.proxy.port}" if server.proxy else ""
    reason, hint = _reason(error, server)
    return Unreachable(f"the registry {server.uri} cannot be reached{through}: {reason}", hint=hint)


def gave_up(server: Server) -> Unreachable:
    """The time is up."""
    return Unreachable(
        f"the registry {server.uri} did not answer in {server.patience:g} s",
        hint="is it overloaded, or behind a firewall? MLFLOW_HTTP_REQUEST_TIMEOUT=30 waits longer",
    )


def _reason(error: OSError | http.client.HTTPException, server: Server) -> tuple[str, str]:
    match error:
        case ConnectionRefusedError():
            return "nothing listens there", "start it, e.g. `platformctl up`, or correct MLFLOW_TRACKING_URI"
        case socket.gaierror():
            return f"no such host, {server.host}", "is MLFLOW_TRACKING_URI spelled right, and is the VPN up?"
        case ssl.SSLCertVerificationError():
            return error.verify_message, (
                "set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of its authority"
            )
        case ssl.SSLError():
            return f"TLS failed, {error.reason or error}", (
                "does it speak https at all? If it wants a certificate: MLFLOW_TRACKING_CLIENT_CERT_PATH"
            )
        case http.client.HTTPException() | ConnectionError():
            # With TLS 1.3 a server tells only after the handshake that it misses our certificate.
            return f"it broke off, or does not speak HTTP ({type(error).__name__})", (
                "does it want a certificate from us? MLFLOW_TRACKING_CLIENT_CERT_PATH"
                if server.tls
                else "is it an MLflow server, and is it http that it expects?"
            )
    return error.strerror or str(error), "look at the server's log and at what is in between"


def _unknown(server: Server) -> Unreachable:
    if server.known_by:
        return Unreachable(
            f"the registry {server.uri} does not accept who we say we are (401)",
            field=server.known_by,
            hint=f"correct what {server.known_by} says; the user may not exist, or the token have expired",
        )
    return Unreachable(
        f"the registry {server.uri} wants to know who we are (401)",
        hint="set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    )


def _forbidden(said: str, server: Server) -> Unreachable:
    if "host header" in said.lower():
        return Unreachable(
            f"the registry {server.uri} refuses the host name that it is asked by (403): {said}",
            hint=f"start it with --allowed-hosts {server.host}, or use a name that it allows; "
            "its /health answers all the same",
        )
    who = f"the user of {server.known_by}" if server.known_by else "somebody who is not signed in"
    return Unreachable(
        f"the registry {server.uri} does not permit this to {who} (403): {said}",
        hint="ask its administrator for READ on the model (EDIT to move an alias), or sign in as another",
    )


def _elsewhere(location: str, server: Server) -> Unreachable:
    """A redirect is not followed: credentials stay with the host that they are meant for."""
    where = location.partition("?")[0]
    return Unreachable(
        f"the registry {server.uri} sends us to {where}",
        hint="if that is a login page, set MLFLOW_TRACKING_TOKEN; if it is the server, use that as the URI",
    )


def _out_of_order(said: str, status: int, server: Server) -> Unreachable:
    return Unreachable(
        f"the registry {server.uri} is out of order ({status}): {said}", hint="look at the server's log"
    )


def _not_mlflow(server: Server, why: str) -> Unreachable:
    return Unreachable(
        f"{server.uri} is not an MLflow server: {why}",
        hint="is there a path missing (https://host/mlflow), or a login page in front of it?",
    )


def _json(text: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _text(reply: Reply) -> str:
    """The first words of a plain text, which MLflow may call HTML; HTML itself says nothing to a person."""
    text = " ".join(reply.body.decode(errors="replace").split())
    return reply.kind if text.startswith("<") else text[:_QUOTED]
