"""The few things that are asked of the API server."""

import http.client
import json
import ssl
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

Object = dict[str, Any]

_NETWORKING = "/apis/networking.internal.knative.dev/v1alpha1"
_INGRESSES = f"{_NETWORKING}/ingresses"
_ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes"
_MANAGER = {"fieldManager": "knative-ingress-stand-in", "force": "true"}
_SECONDS = 30.0
_WATCHED = 240.0
"""Seconds after which a watch that tells nothing begins anew."""


class ApiError(Exception):
    """The API server refused something; the message is its own."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


class Api:
    """An API server, and an administrator's certificate for it. Threads may share it.

    Every method raises OSError or HTTPException where the server does not answer, ApiError where it refuses.
    """

    def __init__(self, server: str, authority: Path, certificate: Path, key: Path) -> None:
        self._server = server
        self._context = ssl.create_default_context(cafile=str(authority))
        self._context.load_cert_chain(certificate, key)

    def ingresses(self) -> tuple[list[Object], str]:
        """All KIngress objects, and the version to watch from."""
        listed = self._ask("GET", _INGRESSES)
        return listed["items"], listed["metadata"]["resourceVersion"]

    def watch(self, version: str) -> Iterator[tuple[str, Object]]:
        """What happens to them from there on (`ADDED`, `MODIFIED`, `DELETED`), until the server ends it."""
        query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": f"{_WATCHED:.0f}"}
        with closing(self._connect(_WATCHED + _SECONDS)) as connection:
            connection.request("GET", f"{_INGRESSES}?{urllib.parse.urlencode(query)}")
            for line in _good(connection.getresponse()):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise ApiError(event["object"]["code"], event["object"]["message"])
                yield event["type"], event["object"]

    def routes(self, namespace: str, selector: str) -> dict[str, Object]:
        """The HTTPRoutes with some label, by name."""
        query = urllib.parse.urlencode({"labelSelector": selector})
        listed = self._ask("GET", f"{_ROUTES.format(namespace)}?{query}")
        return {item["metadata"]["name"]: item for item in listed["items"]}

    def apply_route(self, route: Object) -> None:
        """Make an HTTPRoute true."""
        metadata = route["metadata"]
        path = (
            f"{_ROUTES.format(metadata['namespace'])}/{metadata['name']}?{urllib.parse.urlencode(_MANAGER)}"
        )
        self._ask("PATCH", path, route, "application/apply-patch+yaml")

    def delete_route(self, namespace: str, name: str) -> None:
        """Remove an HTTPRoute."""
        self._ask("DELETE", f"{_ROUTES.format(namespace)}/{name}")

    def set_status(self, namespace: str, name: str, status: Object) -> None:
        """Say how a KIngress is."""
        path = f"{_NETWORKING}/namespaces/{namespace}/ingresses/{name}/status"
        self._ask("PATCH", path, {"status": status}, "application/merge-patch+json")

    def _ask(self, method: str, path: str, body: Object | None = None, kind: str = "") -> Any:
        content = None if body is None else json.dumps(body)
        with closing(self._connect(_SECONDS)) as connection:
            connection.request(method, path, content, {"Content-Type": kind} if kind else {})
            return json.loads(_good(connection.getresponse()).read())

    def _connect(self, seconds: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._server, timeout=seconds, context=self._context)


def _good(reply: http.client.HTTPResponse) -> http.client.HTTPResponse:
    if reply.status >= http.HTTPStatus.BAD_REQUEST:
        raise ApiError(reply.status, reply.read().decode(errors="replace"))
    return reply
