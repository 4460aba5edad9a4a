"""How values of a person's file are said back to them."""

from collections.abc import Mapping

LONGEST = 60
"""Characters of a value that are shown."""


def said(value: object) -> str:
    """Return a value as a person would recognise it from their file, shortened."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
