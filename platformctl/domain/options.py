"""How each model server of a revision works, whatever it serves."""

from pydantic import Field

from platformctl.domain.base import Frozen
from platformctl.domain.fields import Bytes, CallRows, Flag, ImageReference, RequestCount, Seconds, Share


class Batch(Frozen):
    """How requests share calls of the model: it is called with what waits, and nobody waits for more."""

    rows: CallRows = Field(
        default=64, description="The number of rows in a call of several requests, at most."
    )
    by_row: Flag | None = Field(
        default=None,
        description="Whether each row is computed from itself alone, so that requests may share a call. "
        "Default: where that is known of the model.",
    )


class Limits(Frozen):
    """What is refused before it costs anything."""

    queue: RequestCount = Field(
        default=1000,
        description="The number of requests that wait for the model, at most; a 503 beyond it.",
    )
    rows: RequestCount = Field(
        default=100_000, description="The number of rows of one request, at most; a 413 beyond it."
    )
    body: Bytes = Field(
        default="32Mi", description="The size of one request's body, in bytes, at most; a 413 beyond it."
    )
    body_seconds: Seconds = Field(
        default=30.0, description="The time a body may take to arrive, in seconds; a 408 after it."
    )


class ServerOptions(Frozen):
    """How a model server batches, what it refuses, what it logs, and which image it runs in."""

    batch: Batch = Field(default=Batch(), description="How requests share calls of the model.")
    limits: Limits = Field(default=Limits(), description="What is refused at once.")
    access_log: Share = Field(
        default=0.0, description="The share of requests that get a line in the access log, from 0 to 1."
    )
    image: ImageReference | None = Field(
        default=None,
        description="The image that our model servers run in instead of the stock ones: one that "
        "`platformctl image build` made for the model, or one with a class of one's own in it. Only for "
        "clusters. Default: those of the context.",
    )
