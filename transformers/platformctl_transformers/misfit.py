"""The one exception for a caller's mistake that a transformer of ours finds."""

from kserve.errors import InvalidInput


class Misfit(InvalidInput):
    """The request does not fit.

    Args:
        message: For the caller.
        kind: What is wrong, for the server's counters: `body`, `row`, `column`, `value`, `tensor`,
            `params` or `model`.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
