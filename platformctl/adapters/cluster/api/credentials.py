"""What a kubeconfig's exec plugin answers: a token or a certificate, and until when."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from platformctl.adapters.cluster.api.kubeconfig import Place
from platformctl.domain.errors import Unreachable

PATIENCE = 60.0
"""Seconds; some plugins ask another service first."""

_EARLY = timedelta(seconds=60)
_QUOTED = 500


@dataclass(frozen=True)
class Credentials:
    """What to show to the cluster.

    Args:
        user: Keys of a kubeconfig's user.
        expires: None: not known.
    """

    user: Mapping[str, str]
    expires: datetime | None = None

    def is_good_at(self, now: datetime) -> bool:
        """Whether a request that is sent now will still be let in."""
        return self.expires is None or now < self.expires - _EARLY


def ask_plugin(place: Place, environ: Mapping[str, str], patience: float = PATIENCE) -> Credentials:
    """Run the exec plugin of a place's user. It gets no terminal: nobody may be there to answer.

    Raises:
        Unreachable: It is not there, fails, waits for somebody, or answers nonsense.
    """
    plugin = place.user["exec"]
    command = [str(plugin.get("command", "")), *map(str, plugin.get("args") or ())]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(plugin, place, environ),
            start_new_session=True,  # without a terminal a question fails at once, instead of waiting
        )
    except OSError as error:
        raise _failed(place, f"cannot be run: {error.strerror}", _install(plugin, command[0])) from error
    with process:
        try:
            out, err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            _, err = process.communicate()
            raise _failed(place, f"did not end in {patience:g} s{_said(err)}", _sign_in(place)) from error
    if process.returncode != 0:
        raise _failed(place, f"failed with exit code {process.returncode}{_said(err)}", _sign_in(place))
    return _parse(place, out)


def _environment(plugin: Mapping[str, Any], place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    own = {str(item["name"]): str(item.get("value", "")) for item in plugin.get("env") or ()}
    spec: dict[str, Any] = {"interactive": False}
    if plugin.get("provideClusterInfo"):
        spec["cluster"] = _about(place)
    info = {"apiVersion": plugin.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    return {**environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}


def _about(place: Place) -> Mapping[str, Any]:
    keys = (
        "server",
        "tls-server-name",
        "insecure-skip-tls-verify",
        "certificate-authority-data",
        "proxy-url",
    )
    about = {key: place.cluster[key] for key in keys if key in place.cluster}
    extensions = {e.get("name"): e.get("extension") for e in place.cluster.get("extensions") or ()}
    config = extensions.get("client.authentication.k8s.io/exec")
    return about if config is None else {**about, "config": config}


def _parse(place: Place, out: bytes) -> Credentials:
    try:
        status = json.loads(out)["status"]
        expiry = status.get("expirationTimestamp")
        expires = datetime.fromisoformat(expiry).astimezone(UTC) if expiry else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _failed(place, "answered with no ExecCredential", _sign_in(place)) from error
    if status.get("token"):
        return Credentials({"token": status["token"]}, expires)
    if status.get("clientCertificateData") and status.get("clientKeyData"):
        pair = {
            "client-certificate-data": status["clientCertificateData"],
            "client-key-data": status["clientKeyData"],
        }
        return Credentials(pair, expires)
    raise _failed(place, "answered with neither a token nor a certificate", _sign_in(place))


def _failed(place: Place, what: str, hint: str) -> Unreachable:
    command = place.user["exec"].get("command")
    return Unreachable(
        f"the plugin {command} that signs {place.user_name} in to {place.context} {what}",
        field=place.origin,
        hint=hint,
    )


def _install(plugin: Mapping[str, Any], command: str) -> str:
    said = str(plugin.get("installHint") or "").strip()
    return said or f"install {command}, and see that it is on PATH"


def _sign_in(place: Place) -> str:
    return (
        f"sign in with `kubectl --context {place.context} get namespaces`, which may ask you, then try again"
    )


def _said(err: bytes) -> str:
    text = " ".join(err.decode(errors="replace").split())[-_QUOTED:]
    return f": {text}" if text else ""
