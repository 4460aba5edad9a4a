"""Makes HTTPRoutes of KIngress objects, and says that an object is ready once its routing is served."""

import datetime as dt
import http.client
import threading
import time
import traceback
from functools import partial
from typing import Any

from tests.cluster.knative_ingress import CLASS, routing
from tests.cluster.knative_ingress.api import Api, ApiError
from tests.cluster.knative_ingress.probing import Gateway
from tests.cluster.knative_ingress.routing import LABEL, Unsupported, Way

Object = dict[str, Any]

_SETTLING = 0.3
"""Seconds from the first answer of a new backend until all of Envoy's threads know it."""
_PAUSE = 0.5
"""Seconds until what failed is tried again."""


class Superseded(Exception):
    """The object has changed, or is gone, while its routing was on the way."""


class Keeper:
    """Looks after all KIngress objects of the class, each in a thread of its own while it changes."""

    def __init__(self, api: Api, gateway: Gateway) -> None:
        self._api, self._gateway = api, gateway
        self._lock = threading.Lock()
        self._newest: dict[str, Object] = {}
        self._busy: set[str] = set()
        self._settled: dict[str, int] = {}

    def keep(self) -> None:
        """Watch, for ever; what the API server does not tell in between is found when it is back."""
        while True:
            try:
                ingresses, version = self._api.ingresses()
                for uid in set(self._newest) - {ingress["metadata"]["uid"] for ingress in ingresses}:
                    self._gone(uid)
                for ingress in ingresses:
                    self._seen(ingress)
                for kind, ingress in self._api.watch(version):
                    if kind == "DELETED":
                        self._gone(ingress["metadata"]["uid"])
                    else:
                        self._seen(ingress)
            except (OSError, http.client.HTTPException, ApiError, ValueError) as failure:
                _say(f"watching: {failure!r}")
                time.sleep(_PAUSE)

    def _seen(self, ingress: Object) -> None:
        metadata = ingress["metadata"]
        uid = metadata["uid"]
        ours = (metadata.get("annotations") or {}).get("networking.knative.dev/ingress.class") == CLASS
        if not ours or "deletionTimestamp" in metadata:
            return
        with self._lock:
            self._newest[uid] = ingress
            if uid in self._busy or self._settled.get(uid) == metadata["generation"]:
                return
            self._busy.add(uid)
        threading.Thread(target=self._follow, args=[uid], name=metadata["name"], daemon=True).start()

    def _gone(self, uid: str) -> None:
        with self._lock:
            self._newest.pop(uid, None)
            self._settled.pop(uid, None)

    def _follow(self, uid: str) -> None:
        """Until the newest of an object is served."""
        while (ingress := self._next(uid)) is not None:
            try:
                self._settle(ingress)
            except Superseded:
                continue
            except Unsupported as reason:
                _say(f"{ingress['metadata']['name']}: the stand-in leaves out {reason}")
            except Exception:  # noqa: BLE001 - whatever it is, others are looked after, and this one again
                _say(f"{ingress['metadata']['name']}: {traceback.format_exc()}")
                time.sleep(_PAUSE)
                continue
            with self._lock:
                self._settled[uid] = ingress["metadata"]["generation"]

    def _next(self, uid: str) -> Object | None:
        with self._lock:
            ingress = self._newest.get(uid)
            if ingress is None or self._settled.get(uid) == ingress["metadata"]["generation"]:
                self._busy.discard(uid)
                return None
            return ingress

    def _settle(self, ingress: Object) -> None:
        """Have an object's routing served, and say so."""
        began = time.monotonic()
        namespace, name = ingress["metadata"]["namespace"], ingress["metadata"]["name"]
        wanted = routing.ways(ingress)
        there = self._api.routes(namespace, f"{LABEL}={ingress['metadata']['uid']}")
        changed = [way for way in wanted if not routing.unchanged(way, there.get(way.name))]
        fresh = [way for way in changed if not routing.in_place(way, there.get(way.name))]
        self._warm(fresh, there)
        warm = time.monotonic() - began
        for way in changed:
            there[way.name] = routing.switched(way, there.get(way.name), self._gateway.name)
            self._api.apply_route(there[way.name])
        for way in wanted:  # also what somebody changed who did not come to this
            generation = routing.live_generation(there[way.name])
            self._gateway.await_live(way.hosts[0], generation, partial(self._still, ingress))
        for gone in set(there) - {way.name for way in wanted}:
            self._api.delete_route(namespace, gone)
        self._api.set_status(namespace, name, routing.status(ingress, self._gateway.domain, _now()))
        said = f"{len(fresh)} new and warm in {warm:.2f} s, {len(changed) - len(fresh)} in place"
        took = time.monotonic() - began
        _say(f"{namespace}/{name} at {ingress['metadata']['generation']}: {said}, all in {took:.2f} s")

    def _warm(self, fresh: list[Way], there: dict[str, Object]) -> None:
        for way in fresh:
            there[way.name] = routing.warming(way, there.get(way.name), self._gateway.name)
            self._api.apply_route(there[way.name])
        for way in fresh:
            still = partial(self._still, way.ingress)
            self._gateway.await_warm(way.hosts[0], way.generation, way.marks, still)
        if fresh:
            time.sleep(_SETTLING)

    def _still(self, ingress: Any) -> None:
        """Raise Superseded if that is not the newest."""
        metadata = ingress["metadata"]
        newest = self._newest.get(metadata["uid"])
        if newest is None or newest["metadata"]["generation"] != metadata["generation"]:
            raise Superseded


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _say(line: str) -> None:
    print(f"{dt.datetime.now(dt.UTC):%H:%M:%S.%f} {line}", flush=True)  # noqa: T201 - its log
