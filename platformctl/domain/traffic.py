"""A prediction request and its answer."""

from dataclasses import dataclass

from platformctl.domain.names import RevisionId


@dataclass(frozen=True)
class Request:
    """A prediction, in the V1 protocol's JSON.

    Args:
        body: The request's body, `{"instances": [...]}`.
        revision: Ask this revision, whatever its share; None: whoever the route picks.
        timeout: Seconds until it is given up.
    """

    body: bytes
    revision: RevisionId | None = None
    timeout: float = 10.0


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: The HTTP status; 0 if no answer came (a reset, a timeout).
        body: The body; what went wrong, in words, for status 0.
        revision: Who answered; None if nobody says so.
        seconds: How long it took.
    """

    status: int
    body: bytes
    revision: RevisionId | None
    seconds: float

    @property
    def is_error(self) -> bool:
        """A 5xx, a reset or a timeout. A 4xx is the client's."""
        return self.status == 0 or self.status >= 500  # noqa: PLR2004 - the definition of a 5xx
