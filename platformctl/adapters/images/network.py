"""The way to the package index, as this machine's variables say it: for a build, never for a layer."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_NAMES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY"),
    *("UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_NATIVE_TLS"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
_CREDENTIALS = ("UV_INDEX_",)
"""uv's user and password of an index are in variables that have its name: `UV_INDEX_INTERNAL_PASSWORD`."""

_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")


def secrets(environ: Mapping[str, str], folder: Path) -> Iterator[tuple[str, Path]]:
    """The secrets of a build, each with its file: `network` is written to `folder`, `ca` is where it is."""
    settings = [f"{name}={value}\n" for name, value in sorted(environ.items()) if _matters(name, value)]
    if settings:
        file = folder / "network"
        file.touch(mode=0o600)
        file.write_text("".join(settings), encoding="utf-8")
        yield "network", file
    certificates = next((environ[name] for name in _CERTIFICATES if environ.get(name)), None)
    if certificates is not None and os.access(certificates, os.R_OK):
        yield "ca", Path(certificates)


def _matters(name: str, value: str) -> bool:
    """Whether a container can make use of it: a folder of this machine it has not."""
    return (name in _NAMES or name.startswith(_CREDENTIALS)) and value != "" and "\n" not in value
