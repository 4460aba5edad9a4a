"""What went wrong below HTTP, and what to do about it. Pure."""

import ssl

import urllib3.exceptions as urllib3

from platformctl.adapters.cluster.api.kubeconfig import IN_CLUSTER, Place
from platformctl.domain.errors import Unreachable


def is_worth_repeating(error: Exception) -> bool:
    """Whether a kept connection may just have been closed: then a new one does."""
    return isinstance(error, urllib3.ProtocolError)


def explain(error: Exception, place: Place, timeout: float) -> Unreachable:
    """Say why no reply came."""
    reason, hint = _reason(error, place, timeout)
    return Unreachable(f"the cluster of {place} cannot be reached: {reason}", field=place.origin, hint=hint)


def no_such_host(place: Place, host: str, reason: str) -> Unreachable:
    """The server's name leads nowhere."""
    return Unreachable(
        f"the cluster of {place} cannot be reached: {reason}, {host}",
        field=place.origin,
        hint="is the VPN up, and does the cluster still exist? Its provider writes the kubeconfig anew",
    )


def _reason(error: Exception, place: Place, timeout: float) -> tuple[str, str]:
    match error:
        case urllib3.NewConnectionError():  # which is a ConnectTimeoutError too
            return "nothing listens there", _start(place)
        case urllib3.ConnectTimeoutError():
            return "it does not answer", "is the VPN up, or a firewall in between?"
        case urllib3.ReadTimeoutError():
            return f"it did not answer in {timeout:g} s", "is it overloaded? Try again"
        case urllib3.ProxyError():
            return f"the proxy in between fails: {error}", "look at HTTPS_PROXY and NO_PROXY"
        case urllib3.SSLError():
            return _tls(error)
    said = type(error.__cause__ or error).__name__
    return (
        f"it broke off, or does not speak HTTP ({said})",
        "is it an API server, and is it https that it expects?",
    )


def _start(place: Place) -> str:
    if place.context == IN_CLUSTER:
        return "look at the cluster's control plane"
    return f"start the cluster, or choose another context than {place.context}: kubectl config get-contexts"


def _tls(error: Exception) -> tuple[str, str]:
    cause = error.args[0] if error.args and isinstance(error.args[0], Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted, {cause.verify_message}", (
            "the cluster may have been made anew: fetch its kubeconfig again; "
            "certificate-authority-data names who is trusted"
        )
    reason = getattr(cause, "reason", None) or str(cause)
    return f"TLS failed, {reason}", "does it speak https, and is the client certificate still good?"
