"""What `predict` shows: one answer, or the split of many."""

import json
from typing import Any

from platformctl.cli.output import WIDTH, Column, Document, document, table
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.traffic import Answer
from platformctl.usecases.predict import NOBODY, Split

_CLIENT_ERROR = 400
_MOST = 500
"""Characters of a server's error that are shown."""


def must_be_good(name: Name, answer: Answer) -> None:
    """Return if there are predictions.

    Raises:
        Refused: There are none; the message is the server's error.
    """
    if answer.status and answer.status < _CLIENT_ERROR:
        return
    who = answer.revision or "the router"
    what = f"{who} answered {answer.status}" if answer.status else "no answer came"
    hint = (
        f"platformctl logs {answer.revision or name}"
        if answer.is_error
        else "the request is at fault: see the model's signature, or send its own example (no --input)"
    )
    raise Refused(f"{what}: {_error(answer.body)}", hint=hint)


def _error(body: bytes) -> str:
    text = body.decode(errors="replace").strip()
    try:
        document = json.loads(text)
    except ValueError:
        return text[:_MOST]
    said = document.get("error", text) if isinstance(document, dict) else text
    return str(said)[:_MOST]


def answered(answer: Answer, width: int = WIDTH) -> list[str]:
    """The predictions a row each, and who gave them."""
    who = f"answered by {answer.revision or NOBODY} in {answer.seconds * 1000:.1f} ms"
    return [*_rows(_json(answer.body), width), "", who]


def _rows(body: Any, width: int) -> list[str]:  # any JSON
    predictions = body.get("predictions") if isinstance(body, dict) else None
    if not isinstance(predictions, list):
        return [body if isinstance(body, str) else json.dumps(body)]
    beside = body.get("probabilities")
    probabilities = beside if isinstance(beside, list) and len(beside) == len(predictions) else None
    columns = [Column("ROW", right=True), Column("PREDICTION", shrinks=True)]
    columns += [Column("PROBABILITIES", shrinks=True)] if probabilities else []
    rows = [
        [str(number), _cell(prediction), *([_cell(probabilities[number - 1])] if probabilities else [])]
        for number, prediction in enumerate(predictions, 1)
    ]
    return table(columns, rows, width)


def _cell(value: Any) -> str:  # any JSON
    return value if isinstance(value, str) else json.dumps(value)


def _json(body: bytes) -> Any:  # any JSON
    text = body.decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


def prediction(name: Name, answer: Answer) -> Document:
    """One answer."""
    return document(
        "Prediction",
        name=name,
        revision=answer.revision,
        status=answer.status,
        milliseconds=round(answer.seconds * 1000, 3),
        answer=_json(answer.body),
    )


_SPLIT = (
    Column("REVISION", shrinks=True),
    Column("REQUESTS", right=True),
    Column("SHARE", right=True),
    Column("ERRORS", right=True),
    Column("4XX", right=True),
)


def split(found: Split, connections: int, width: int = WIDTH) -> list[str]:
    """Who answered many requests, and how fast."""
    p50, p95, p99 = (1000 * seconds for seconds in found.latency)
    rate = found.requests / found.seconds if found.seconds else 0
    rows = [
        [
            who,
            str(count),
            f"{100 * count / found.requests:.1f} %",
            str(found.errors.get(who, 0)),
            str(found.rejected.get(who, 0)),
        ]
        for who, count in sorted(found.shares.items())
    ]
    took = f"{found.seconds:.1f} s ({rate:.0f} a second)"
    return [
        *table(_SPLIT, rows, width),
        "",
        f"{found.requests} requests over {connections} connections in {took}",
        f"latency: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms",
    ]


def splits(name: Name, found: Split) -> Document:
    """Who answered many requests, and how fast."""
    p50, p95, p99 = (round(1000 * seconds, 3) for seconds in found.latency)
    return document(
        "Split",
        name=name,
        requests=found.requests,
        seconds=round(found.seconds, 3),
        latencyMilliseconds={"p50": p50, "p95": p95, "p99": p99},
        revisions=[
            {
                "id": None if who == NOBODY else who,
                "requests": count,
                "errors": found.errors.get(who, 0),
                "clientErrors": found.rejected.get(who, 0),
            }
            for who, count in sorted(found.shares.items())
        ],
    )
