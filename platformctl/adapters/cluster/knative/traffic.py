"""Requests through Knative's ingress."""

import threading
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import INFERENCE_SERVICE
from platformctl.adapters.cluster.knative import kingress
from platformctl.adapters.cluster.knative.entrance import Entrance
from platformctl.adapters.cluster.traffic.predictions import Predictions
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.names import Name
from platformctl.domain.traffic import Answer, Request


class Addresses(NamedTuple):
    """Where clients reach a deployment.

    Args:
        outside: From outside the cluster.
        host: What requests have to name; None: the address says it.
        inside: From within.
    """

    outside: str | None = None
    host: str | None = None
    inside: str | None = None


class KnativeTraffic:
    """Requests to the deployments of a namespace. Threads may share it.

    Args:
        api: The API server.
        direct: Whether the ingress's own addresses are tried, before the API server is asked for a way.
    """

    def __init__(self, api: Api, *, direct: bool = True) -> None:
        self._api = api
        self._entrance = Entrance(api, direct=direct)
        self._lock = threading.Lock()
        self._predictions: dict[Name, Predictions] = {}

    def predict(self, name: Name, host: str, request: Request) -> Answer:
        """Send one V1 prediction to a host of a deployment: its own, or that of a revision's tag.

        What goes wrong on the way is an answer. Where nothing runs the request wakes a replica, and waits
        for it: it takes the `timeout` of who asks. A tag may have gone to another revision meanwhile: the
        answer says whose it is.

        Raises:
            Unreachable: No ingress serves it, or neither that nor one of its pods can be reached.
        """
        return self._of(name).predict(host, name, request)

    def addresses(self, name: Name, url: str | None = None) -> Addresses:
        """Where clients reach a deployment, as far as that is known.

        Args:
            name: The deployment.
            url: Where it answers, as `kingress.url` reads it; None: the InferenceService is asked.
        """
        try:
            found = self._url(name) if url is None else url
            host = urlsplit(found).hostname
            return self._addresses(name, found, host) if host else Addresses()
        except PlatformctlError:  # what is wrong with the ingress is told by what is served
            return Addresses()

    def _addresses(self, name: Name, url: str, host: str) -> Addresses:
        way = self._entrance.way(name, host)
        inside = way.inside.url if way.inside else None
        outside = way.doors[0].url
        if way.doors[0].host == host:
            return Addresses(url, None, inside)
        return Addresses(outside, host, inside)

    def _url(self, name: Name) -> str:
        found = self._api.get(INFERENCE_SERVICE, name)
        return "" if found is None else kingress.url(found)

    def _of(self, name: Name) -> Predictions:
        with self._lock:
            if name not in self._predictions:
                self._predictions[name] = Predictions(partial(self._entrance.connect, name))
            return self._predictions[name]
