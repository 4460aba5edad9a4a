"""Which proxy is in between, by the variables that curl and requests read: lower case comes first."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from platformctl.domain.errors import SpecError


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy.

    Args:
        headers: For the proxy alone: who we are to it.
    """

    host: str
    port: int
    headers: Mapping[str, str] = field(repr=False)


def proxy_for(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for a server; None to connect directly.

    Raises:
        SpecError: The variable does not hold the address of an HTTP proxy.
    """
    variable = f"{scheme}_proxy"
    address = _variable(environ, variable) or _variable(environ, "all_proxy")
    if not address or _is_exempt(host, port, _variable(environ, "no_proxy")):
        return None
    parts = urlsplit(address if "://" in address else f"http://{address}")
    if parts.scheme != "http" or not parts.hostname:
        raise SpecError(
            f"{address.rpartition('@')[2]!r} is not the address of an HTTP proxy",
            field=variable,
            hint=f"use http://HOST:PORT, or put {host} into no_proxy",
        )
    return Proxy(parts.hostname, parts.port or 80, _headers(parts.username, parts.password))


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _is_exempt(host: str, port: int, exempt: str) -> bool:
    """Whether `exempt` (`no_proxy`: names, domains, `*`, each with a port or without) covers a host."""
    wanted = {entry.strip().lower().lstrip(".") for entry in exempt.split(",") if entry.strip()}
    labels = host.lower().split(".")
    domains = {".".join(labels[start:]) for start in range(len(labels))}
    return "*" in wanted or bool(wanted & (domains | {f"{domain}:{port}" for domain in domains}))


def _headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    credentials = f"{unquote(user)}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(credentials).decode()}"}
