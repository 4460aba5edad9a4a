"""HTTP to an API server: one pool of connections, opened by the first request, shared by all threads."""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from platformctl.adapters.cluster.api.connecting import CONNECT_TIMEOUT, connected
from platformctl.adapters.cluster.api.credentials import Credentials, ask_plugin
from platformctl.adapters.cluster.api.kubeconfig import Access, Place
from platformctl.adapters.cluster.api.kubeconfig import place as place_of

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from urllib3 import HTTPHeaderDict

READ_TIMEOUT = 35.0
"""Seconds; a webhook may take 30."""

_TRIES = 5
_LONGEST_PAUSE = 10.0
_BUSY = frozenset({429, 503})
_UNAUTHORIZED = 401
_A_SECOND = timedelta(seconds=1)

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    """A reply, whatever its status.

    Args:
        headers: With names in lower case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Asking:
    """One request.

    Args:
        path: Percent-encoded, from the server's root.
        patient: Whether to ask again when the server says that it is busy and has done nothing.
        timeout: Seconds for the whole reply.
    """

    method: str
    path: str
    query: Query = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    patient: bool = True
    timeout: float = READ_TIMEOUT

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


class Transport:
    """Connections to the API server of one place."""

    def __init__(self, access: Access, environ: Mapping[str, str] = os.environ) -> None:
        self._access = access
        self._environ = environ
        self._lock = threading.Lock()
        self._client: ApiClient | None = None
        self._credentials: Credentials | None = None
        self._ahead = timedelta()

    @cached_property
    def place(self) -> Place:
        """Which cluster it is. Reads files, asks nobody.

        Raises:
            SpecError: They do not say it.
        """
        return place_of(self._access, self._environ)

    @property
    def client(self) -> "ApiClient":
        """The client of the package `kubernetes`, for what needs more than HTTP.

        Raises:
            SpecError: The kubeconfig cannot be used.
            Unreachable: The plugin that signs in does not.
        """
        with self._lock:
            is_good = self._credentials is None or self._credentials.is_good_at(datetime.now(UTC))
            if self._client is None or not is_good:
                self._connect()
            assert self._client is not None  # noqa: S101 - _connect made it
            return self._client

    @property
    def now(self) -> datetime:
        """The server's time, to the second: its clock, not ours, is the one that all clients share."""
        return datetime.now(UTC) + self._ahead

    def send(self, asking: Asking) -> Reply:
        """Send one request, and again where that can do no harm.

        Raises:
            SpecError: The kubeconfig cannot be used.
            Unreachable: It got no reply.
        """
        for attempt in itertools.count(1):
            reply = self._send(asking)
            if reply.status == _UNAUTHORIZED and "exec" in self.place.user and attempt == 1:
                self._sign_in_again()
                continue
            pause = _pause(reply) if asking.patient and attempt < _TRIES else None
            if pause is None:
                return reply
            time.sleep(pause)
        raise AssertionError

    def _send(self, asking: Asking) -> Reply:
        import urllib3

        from platformctl.adapters.cluster.api.failures import explain, is_worth_repeating

        for is_last in (asking.method != "GET", True):
            try:
                return self._exchange(asking)
            except urllib3.exceptions.HTTPError as error:
                if is_last or not is_worth_repeating(error):
                    raise explain(error, self.place, asking.timeout) from error
        raise AssertionError

    def _exchange(self, asking: Asking) -> Reply:
        import urllib3

        client = self.client
        response = client.rest_client.pool_manager.request(
            asking.method,
            client.configuration.host + asking.target,
            body=asking.body,
            headers=self._headers(client, asking),
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, asking.timeout), read=asking.timeout),
            retries=False,
            redirect=False,
        )
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._compare_clocks(headers.get("date"))
        return Reply(response.status, headers, response.data)

    def _compare_clocks(self, date: str | None) -> None:
        if date is not None:
            with contextlib.suppress(ValueError, TypeError):
                ahead = parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)
                # A date has no fractions, so that a clock which is right looks up to a second slow.
                self._ahead = timedelta() if -_A_SECOND <= ahead <= timedelta() else ahead

    def _headers(self, client: "ApiClient", asking: Asking) -> "HTTPHeaderDict":
        """Who asks, and for what. A user may stand for another, which the client's own loader leaves out."""
        from urllib3 import HTTPHeaderDict

        user, headers = (
            self.place.user,
            HTTPHeaderDict({"user-agent": "platformctl", "accept": "application/json"}),
        )
        key = client.configuration.get_api_key_with_prefix("BearerToken", "authorization")
        if key:
            headers["authorization"] = key
        if user.get("as"):
            headers["impersonate-user"] = str(user["as"])
        for group in user.get("as-groups") or ():
            headers.add("impersonate-group", str(group))
        headers.update(asking.headers)
        return headers

    def _sign_in_again(self) -> None:
        with self._lock:
            self._connect()

    def _connect(self) -> None:
        if "exec" in self.place.user:
            self._credentials = ask_plugin(self.place, self._environ)
        self._client = connected(self.place, self._credentials)


def _pause(reply: Reply) -> float | None:
    """How long to wait before asking again; None: not at all. Who says Retry-After has done nothing."""
    if reply.status not in _BUSY or "retry-after" not in reply.headers:
        return None
    try:
        asked = float(reply.headers["retry-after"])
    except ValueError:
        return None
    return max(0.0, asked) if asked <= _LONGEST_PAUSE else None
