"""The kinds of requests that are sent to a server."""

from collections.abc import Mapping
from typing import Any

import requests
import schemathesis
from hypothesis.strategies import SearchStrategy

from tests.fuzz import bodies, heads, messages
from tests.fuzz.documents import document
from tests.fuzz.messages import Message
from tests.fuzz.subjects import Subject
from tests.fuzz.values import encode
from tests.fuzz.wire import Http

_BASE = "http://127.0.0.1"
_ROUTES = {"v1": heads.V1, "v2": heads.V2}
_MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def attacks(subject: Subject) -> Mapping[str, SearchStrategy[Http | Message]]:
    """The strategies for one server, by name."""
    valid = {"v1": bodies.v1(subject), "v2": bodies.v2(subject)}
    found: dict[str, SearchStrategy[Any]] = {}
    for protocol, body in valid.items():
        target, changed = _ROUTES[protocol], bodies.changed(body)
        found[f"{protocol} valid"] = body.map(encode).map(_request(target, fits=True))
        found[f"{protocol} changed"] = changed.map(_request(target))
        found[f"{protocol} torn"] = bodies.torn(changed).map(_request(target))
        found[f"{protocol} heads"] = heads.requests(body.map(encode) | changed).map(_odd)
    found["v2 reshaped"] = bodies.reshaped(valid["v2"]).map(_request(heads.V2))
    found["grpc"] = messages.calls(subject)
    return {**found, **_documented(subject)}


def _documented(subject: Subject) -> Mapping[str, SearchStrategy[Any]]:
    """What schemathesis makes of the model's document: requests that keep to it, and that break it."""
    api = schemathesis.openapi.from_dict(document(subject))
    found = {}
    for protocol, target in _ROUTES.items():
        operation = api[target.decode()]["POST"]
        for mode in _MODES:
            fits = mode.is_positive
            cases = operation.as_strategy(generation_mode=mode)
            found[f"{protocol} schemathesis {mode}"] = cases.map(_case(fits=fits))
    return found


def _case(*, fits: bool) -> Any:  # from a case of schemathesis to an Http
    def request(case: Any) -> Http:
        prepared: Any = requests.Request(**case.as_transport_kwargs(base_url=_BASE)).prepare()
        body = prepared.body or b""
        content = body.encode() if isinstance(body, str) else body
        kind = str(prepared.headers.get("content-type") or "application/json").encode("latin-1", "replace")
        return Http(heads.request(str(prepared.path_url).encode(), content, kind), fits=fits)

    return request


def _request(target: bytes, *, fits: bool = False) -> Any:  # from a body to an Http
    return lambda body: Http(heads.request(target, body), fits=fits)


def _odd(raw: bytes) -> Http:
    return Http(raw, whole=False)
