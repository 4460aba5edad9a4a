"""What a long operation tells while it runs; a host decides how it looks."""

from dataclasses import dataclass

from platformctl.domain.names import RevisionId


@dataclass(frozen=True)
class Said:
    """Something that has been decided or done; one line."""

    text: str


@dataclass(frozen=True)
class Warned:
    """Something a person should know, although it goes on."""

    text: str
    hint: str = ""


@dataclass(frozen=True)
class Waiting:
    """Something is being waited for; told again and again while it lasts.

    Args:
        seconds: How long it has lasted.
        timeout: When it is given up, in seconds from its beginning; None: never.
    """

    revision: RevisionId
    detail: str
    seconds: float
    timeout: float | None


Event = Said | Warned | Waiting
