"""Objects of a cluster, as JSON has them.

Threads may share one `Api`. Nothing is read or opened before the first call.
"""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from platformctl.adapters.cluster.api.answers import Asked, problem
from platformctl.adapters.cluster.api.kinds import Kind, kind_of
from platformctl.adapters.cluster.api.kubeconfig import Access, Place
from platformctl.adapters.cluster.api.transport import READ_TIMEOUT, Asking, Query, Reply, Transport
from platformctl.domain.manifests import MANAGER, Manifest

_PAGE = "500"
_APPLY = {"content-type": "application/apply-patch+yaml"}
_MERGE = {"content-type": "application/merge-patch+json"}
_JSON = {"content-type": "application/json"}
_NOT_FOUND, _EXPIRED, _FIRST_FAILURE = 404, 410, 400

__all__ = ["Api", "Reply", "open_api"]


class Api:
    """The API server of one cluster, and the namespace that is ours.

    Every method raises Unreachable if the server does not answer or forbids it, SpecError if the kubeconfig
    cannot be used, Refused if it says no, Conflict if somebody else is in the way.
    """

    def __init__(self, transport: Transport, namespace: str | None = None) -> None:
        self.transport = transport
        self._namespace = namespace

    @cached_property
    def namespace(self) -> str:
        """Ours: the one that was chosen, else the context's."""
        return self._namespace if self._namespace is not None else self.transport.place.namespace

    @property
    def place(self) -> Place:
        """The cluster, and as whom it is asked."""
        return self.transport.place

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Manifest | None:
        """Read one object; None: there is none of that name."""
        asked = self._asked("get", kind, name, namespace)
        reply = self._send("GET", kind.path(asked.namespace, _quoted(name)))
        if reply.status == _NOT_FOUND and _is_about_an_object(reply):
            return None
        return _object(reply, asked)

    def list(self, kind: Kind, selector: str = "", namespace: str | None = None) -> list[Manifest]:
        """Read all objects of a kind that the label selector chooses, 500 at a time.

        Args:
            kind: The kind.
            selector: Labels; "": all.
            namespace: None: ours; "": all.
        """
        asked = self._asked("list", kind, "", namespace)
        path = kind.path(asked.namespace or None)
        query = [("limit", _PAGE), *([("labelSelector", selector)] if selector else [])]
        found: list[Manifest] = []
        token = ""
        while True:
            reply = self._send("GET", path, [*query, *([("continue", token)] if token else [])])
            if reply.status == _EXPIRED and token:  # it took too long for one picture: begin anew
                found, token = [], ""
                continue
            page = _object(reply, asked)
            marks = {"apiVersion": kind.api_version, "kind": kind.name}
            found += [{**marks, **item} for item in page.get("items") or ()]
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token:
                return found

    def apply(self, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Manifest:
        """Apply on the server's side, as field manager `platformctl`; return the object as it then is.

        A `resourceVersion` in the manifest's metadata makes it a compare-and-set.

        Raises:
            Conflict: Another manager has set a field otherwise; `force` takes it over.
            Stale: The object is no longer of the manifest's resource version.
        """
        query = [("fieldManager", MANAGER), ("fieldValidation", "Strict"), ("force", str(force).lower())]
        return self._write("PATCH", manifest, [*query, *_dry(dry_run)], _APPLY)

    def create(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Make an object; return it as it then is.

        Raises:
            AlreadyThere: There is one of that name.
        """
        query = [("fieldManager", MANAGER), ("fieldValidation", "Strict"), *_dry(dry_run)]
        return self._write("POST", manifest, query, _JSON)

    def replace(self, manifest: Manifest, *, dry_run: bool = False) -> Manifest:
        """Replace an object as a whole, if it is still of the manifest's resource version.

        Raises:
            Stale: It is not.
            Missing: It is not there.
        """
        return self._write("PUT", manifest, [("fieldManager", MANAGER), *_dry(dry_run)], _JSON)

    def patch(  # noqa: PLR0913 - a request has so many parts
        self,
        kind: Kind,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Manifest:
        """Merge a patch into an object (RFC 7396), or a part of it; return the object as it then is.

        Raises:
            Stale: The patch names a resource version, and it is not that.
            Missing: It is not there.
        """
        asked = self._asked("patch", kind, name, namespace)
        query = [("fieldManager", MANAGER), ("fieldValidation", "Strict"), *_dry(dry_run)]
        path = kind.path(asked.namespace, _quoted(name)) + (f"/{subresource}" if subresource else "")
        return _object(self._send("PATCH", path, query, patch, _MERGE), asked)

    def delete(
        self, kind: Kind, name: str, *, resource_version: str | None = None, namespace: str | None = None
    ) -> bool:
        """Remove an object; what it owns follows in the background.

        Returns:
            False: It was not there.

        Raises:
            Stale: It is no longer of that resource version.
        """
        asked = self._asked("delete", kind, name, namespace)
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        if resource_version is not None:
            options["preconditions"] = {"resourceVersion": resource_version}
        reply = self._send("DELETE", kind.path(asked.namespace, _quoted(name)), (), options, _JSON)
        if reply.status == _NOT_FOUND and _is_about_an_object(reply):
            return False
        _object(reply, asked)
        return True

    def raw(  # noqa: PLR0913 - a request has so many parts
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """Send one request as it is, once, and return the reply whatever its status.

        Args:
            method: Of HTTP.
            path: Percent-encoded, from the server's root.
            query: Names and values.
            body: Sent as it is.
            headers: Beside those that say who asks.
            timeout: Seconds.
        """
        return self.transport.send(
            Asking(method, path, query, body, headers or {}, patient=False, timeout=timeout or READ_TIMEOUT)
        )

    def _write(self, method: str, manifest: Manifest, query: Query, headers: Mapping[str, str]) -> Manifest:
        kind, metadata = kind_of(manifest), manifest["metadata"]
        verb = {"PATCH": "patch", "POST": "create", "PUT": "update"}[method]
        asked = self._asked(verb, kind, metadata["name"], metadata.get("namespace"))
        path = kind.path(asked.namespace, None if method == "POST" else _quoted(asked.name))
        return _object(self._send(method, path, query, manifest, headers), asked)

    def _asked(self, verb: str, kind: Kind, name: str, namespace: str | None) -> Asked:
        there = (self.namespace if namespace is None else namespace) if kind.namespaced else ""
        return Asked(verb, kind, name, there, str(self.place), self.place.user_name)

    def _send(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        content = None if body is None else json.dumps(body).encode()
        return self.transport.send(Asking(method, path, query, content, headers or {}))


def open_api(access: Access, namespace: str | None = None, environ: Mapping[str, str] = os.environ) -> Api:
    """Return the API of a cluster. Reads and opens nothing yet."""
    return Api(Transport(access, environ), namespace)


def _object(reply: Reply, asked: Asked) -> dict[str, Any]:
    if reply.status >= _FIRST_FAILURE or not reply.body.startswith(b"{"):
        raise problem(reply.status, reply.body, asked)
    parsed: dict[str, Any] = json.loads(reply.body)
    return parsed


def _is_about_an_object(reply: Reply) -> bool:
    """Whether a 404 says that the object is not there, and not that its kind is unknown."""
    return b'"details":{' in reply.body and b"could not find the requested resource" not in reply.body


def _dry(dry_run: bool) -> Query:  # noqa: FBT001 - the port's word, handed on
    return [("dryRun", "All")] if dry_run else []


def _quoted(name: str) -> str:
    return quote(name, safe="")
