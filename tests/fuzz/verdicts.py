"""What is wrong with an answer. Pure."""

import json

from tests.fuzz.messages import Message
from tests.fuzz.wire import Answer, Http
from tests.serving.process import REVISION

_OURS = {501, 504}
"""Meant: a route that is closed on purpose, and a deadline that the caller set."""

_GRPC_FAILURES = {"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "ABORTED", "CANCELLED"}
_SERVER_ERROR = 500


def symptom(what: Http | Message, answer: Answer) -> str | None:
    """What is wrong with the answer to a request; None: nothing."""
    if isinstance(what, Message):
        return _of_grpc(what, answer)
    if isinstance(answer.status, str):
        return None if answer.status == "closed" and not what.whole else answer.status
    if answer.status >= _SERVER_ERROR and answer.status not in _OURS:
        return f"status {answer.status}"
    if what.fits and answer.status != 200:
        return f"status {answer.status} for what the document lets through"
    if answer.revision != REVISION:
        return "no revision"
    return _of_body(answer) if what.whole else None


def _of_grpc(what: Message, answer: Answer) -> str | None:
    if answer.status in _GRPC_FAILURES or answer.status == "hang":
        return f"gRPC {answer.status}"
    known = what.method.startswith("/inference.") and not what.method.endswith("Nothing")
    sent = answer.status not in {"unsent", "RESOURCE_EXHAUSTED"}
    return "no revision over gRPC" if known and sent and answer.revision != REVISION else None


def _of_body(answer: Answer) -> str | None:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return "the body is not JSON"
    explained = answer.status == 200 or (isinstance(said, dict) and "error" in said)
    return None if explained else "a refusal that says nothing"
