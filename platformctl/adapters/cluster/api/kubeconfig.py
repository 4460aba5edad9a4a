"""Which cluster is meant, and as whom it is asked: kubeconfig files, or the pod that we run in.

Nothing here asks a cluster, and nothing imports its client.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from platformctl.domain.errors import SpecError
from platformctl.domain.nearest import nearest

IN_CLUSTER = "in-cluster"
"""The name of the context of a pod."""

_POD_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_DEFAULT_FILE = ".kube/config"
_PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True)
class Access:
    """What a person chose.

    Args:
        files: As KUBECONFIG has them; None: KUBECONFIG, else ~/.kube/config, else the pod's own.
        context: None: the current one of the files.
    """

    files: str | None = None
    context: str | None = None


@dataclass(frozen=True)
class Place:
    """A cluster, and as whom it is asked.

    Args:
        context: As people call both together.
        origin: The file that says so.
        namespace: The context's, else `default`.
        cluster: As the file has it, with absolute paths.
        user: Likewise; empty: nobody.
        user_name: As the file calls it.
    """

    context: str
    origin: str
    server: str
    namespace: str = "default"
    cluster: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    user_name: str = ""

    def __str__(self) -> str:
        return f"{self.context} ({self.server})"


def place(
    access: Access, environ: Mapping[str, str], pod_folder: Path = _POD_FOLDER, *, home: Path | None = None
) -> Place:
    """Say which cluster is meant.

    Args:
        access: What a person chose.
        environ: The variables of the environment.
        pod_folder: Where a pod finds what its service account has.
        home: The folder of a person's own files; None: the user's.

    Raises:
        SpecError: There is no such file or context, or it makes no sense.
    """
    chosen = access.files if access.files is not None else environ.get("KUBECONFIG") or None
    default = (home or Path.home()) / _DEFAULT_FILE
    files = _existing(chosen if chosen is not None else str(default))
    if files:
        return _of_files(files, access.context, chosen)
    if chosen is None and access.context is None and "KUBERNETES_SERVICE_HOST" in environ:
        return _of_pod(environ, pod_folder)
    if chosen is not None:
        field_ = "kubeconfig" if access.files is not None else "KUBECONFIG"
        raise SpecError(f"there is no file {chosen}", field=field_, hint="correct the path, or leave it out")
    raise SpecError(
        f"there is no cluster to ask: {default} is not there, and KUBECONFIG is not set",
        field="KUBECONFIG",
        hint="name the file that your cluster's provider gave you, or run locally: --target local",
    )


def _existing(chosen: str) -> Sequence[Path]:
    paths = [Path(text).expanduser() for text in chosen.split(os.pathsep) if text]
    return [path for path in paths if path.exists()]


def _of_files(files: Sequence[Path], context: str | None, chosen: str | None) -> Place:
    documents = {path: _read(path) for path in files}
    listed = os.pathsep.join(map(str, files))
    name = context or next((text for d in documents.values() if (text := d.get("current-context"))), None)
    if not name:
        known = _names(documents, "contexts")
        raise SpecError(
            f"{listed} has no current context",
            field="--kube-context",
            hint=f"choose one with --kube-context: {known}"
            if known
            else f"{chosen or listed} names no context",
        )
    origin, found = _entry(documents, "contexts", name, listed)
    _, cluster = _entry(documents, "clusters", str(found.get("cluster", "")), listed)
    user_name = str(found.get("user") or "")
    user = _entry(documents, "users", user_name, listed)[1] if user_name else {}
    server = cluster.get("server")
    if not isinstance(server, str) or not server:
        raise SpecError(f"the cluster of context {name} has no server", field=str(origin))
    return Place(
        context=name,
        origin=str(origin),
        server=server.rstrip("/"),
        namespace=str(found.get("namespace") or "default"),
        cluster=cluster,
        user=user,
        user_name=user_name,
    )


def _of_pod(environ: Mapping[str, str], folder: Path) -> Place:
    token, authority = folder / "token", folder / "ca.crt"
    if not token.is_file() or not authority.is_file():
        raise SpecError(
            f"this runs in a pod that has no {token if not token.is_file() else authority}",
            field="KUBERNETES_SERVICE_HOST",
            hint="give the pod a service account and automountServiceAccountToken: true, or set KUBECONFIG",
        )
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ.get("KUBERNETES_SERVICE_PORT", "443")
    own = folder / "namespace"
    return Place(
        context=IN_CLUSTER,
        origin=str(folder),
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        namespace=(own.read_text().strip() if own.is_file() else "") or "default",
        cluster={"certificate-authority": str(authority)},
        user={"tokenFile": str(token)},
        user_name="the pod's service account",
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SpecError(f"{path} cannot be read: {reason}", field="KUBECONFIG") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SpecError(
            f"{path}{line} is not YAML", field="KUBECONFIG", hint="is it a kubeconfig?"
        ) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise SpecError(f"{path} is not a kubeconfig", field="KUBECONFIG", hint="kubectl config view")
    return found


def _entry(
    documents: Mapping[Path, Mapping[str, Any]], section: str, name: str, listed: str
) -> tuple[Path, Mapping[str, Any]]:
    """The first entry of that name, as kubectl has it, with absolute paths."""
    singular = section.removesuffix("s")
    for path, document in documents.items():
        for entry in _entries(document, section):
            if entry.get("name") == name:
                value = entry.get(singular) or {}
                return path, _absolute(value, path.parent) if isinstance(value, dict) else {}
    known = _names(documents, section)
    near = nearest(name, known.split(", "))
    raise SpecError(
        f"{listed} has no {singular} {name!r}",
        field="--kube-context" if section == "contexts" else listed,
        hint=(f"did you mean {near}? " if near else "") + f"{section}: {known or 'none'}",
    )


def _absolute(value: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """Paths are relative to the file that has them."""
    paths = {
        key: str(folder / value[key]) for key in _PATHS if isinstance(value.get(key), str) and value[key]
    }
    plugin = value.get("exec")
    if isinstance(plugin, dict) and "/" in str(plugin.get("command", "")):
        paths_of_plugin = {"exec": {**plugin, "command": str(folder / plugin["command"])}}
        return {**value, **paths, **paths_of_plugin}
    return {**value, **paths}


def _entries(document: Mapping[str, Any], section: str) -> Sequence[Mapping[str, Any]]:
    listed = document.get(section)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []


def _names(documents: Mapping[Path, Mapping[str, Any]], section: str) -> str:
    names = {str(entry.get("name")): None for d in documents.values() for entry in _entries(d, section)}
    return ", ".join(names)
