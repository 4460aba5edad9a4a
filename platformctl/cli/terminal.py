"""What a person sees while it lasts: colour, one live line on a terminal, plain lines in a pipe."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from platformctl.domain.progress import Event, Said, Waiting, Warned

CLEAR_LINE, HOME, CLEAR_TO_END, CLEAR_REST = "\r\x1b[2K", "\x1b[H", "\x1b[J", "\x1b[K"
"""ECMA-48: erase the line; the cursor to the upper left; erase what is below; what is right of it."""

PLAIN_INTERVAL = 5.0
"""Seconds between two lines that say different things."""

SAME_INTERVAL = 30.0
"""Seconds between two that say the same, where a line cannot be redrawn."""

_FRAMES = "|/-\\"


@dataclass(frozen=True)
class Style:
    """Colours, or none.

    Args:
        coloured: Whether SGR sequences are written.
    """

    coloured: bool = False

    def bad(self, text: str) -> str:
        """Something that went wrong."""
        return self._sgr("1;31", text)

    def warn(self, text: str) -> str:
        """Something to look at."""
        return self._sgr("1;33", text)

    def good(self, text: str) -> str:
        """Something that is as it should be."""
        return self._sgr("32", text)

    def note(self, text: str) -> str:
        """Something that helps."""
        return self._sgr("36", text)

    def head(self, text: str) -> str:
        """A heading."""
        return self._sgr("1", text)

    def _sgr(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured and text else text


def is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether what is written to a stream can be redrawn."""
    return stream.isatty() and environ.get("TERM") != "dumb"


def style_of(stream: TextIO, environ: Mapping[str, str]) -> Style:
    """Colours only on a terminal, and not if NO_COLOR is set (https://no-color.org)."""
    return Style(is_terminal(stream, environ) and not environ.get("NO_COLOR"))


def waiting_line(event: Waiting) -> str:
    """`churn-v2-3f9a1c: loading (4 s of 120 s)`."""
    detail = event.detail or "getting ready"
    if event.timeout is None:
        return f"{event.revision}: {detail}"
    return f"{event.revision}: {detail} ({event.seconds:.0f} s of {event.timeout:.0f} s)"


def _warning(event: Warned, style: Style) -> str:
    hint = f"\n{style.note('hint: ')}{event.hint}" if event.hint else ""
    return f"{style.warn('warning: ')}{event.text}{hint}"


def _is_same(told: Waiting, event: Waiting) -> bool:
    """Whether it says nothing new; of what may last for hours, numbers alone are not."""
    if event.timeout is not None:
        return told.detail == event.detail
    return _words(told.detail) == _words(event.detail)


def _words(text: str) -> str:
    return _COUNTED.sub("", text)


_COUNTED = re.compile(r"[\d,.]+(?: (?:s|min|h|d)\b)?\s*")


class PlainReporter:
    """A line for everything that is said; while something is waited for, one for what is new."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: Waiting | None = None

    def event(self, event: Event) -> None:
        """Write what is worth a line."""
        match event:
            case Said(text):
                self._write(text)
            case Warned():
                self._write(_warning(event, Style()))
            case Waiting():
                self._wait(event)

    def _wait(self, event: Waiting) -> None:
        told = self._told
        if told is not None and told.revision == event.revision and event.seconds >= told.seconds:
            interval = SAME_INTERVAL if _is_same(told, event) else PLAIN_INTERVAL
            if event.seconds - told.seconds < interval:
                return
        self._told = event
        self._write(waiting_line(event))

    def _write(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class LiveReporter:
    """Lines for what is said, and below them one that is redrawn while something is waited for."""

    def __init__(self, stream: TextIO, style: Style, width: int) -> None:
        self._stream = stream
        self._style = style
        self._width = width
        self._frame = 0
        self._drawn = False

    def event(self, event: Event) -> None:
        """Write a line above the live one, or redraw that."""
        match event:
            case Said(text):
                self._write(f"{text}\n")
            case Warned():
                self._write(f"{_warning(event, self._style)}\n")
            case Waiting():
                self._frame += 1
                spinner = _FRAMES[self._frame % len(_FRAMES)]
                line = f"{spinner} {waiting_line(event)}"
                self._write(line[: self._width - 1], live=True)  # one that wraps cannot be redrawn

    def done(self) -> None:
        """Take the live line away."""
        self._write("")

    def _write(self, text: str, *, live: bool = False) -> None:
        self._stream.write((CLEAR_LINE if self._drawn else "") + text)
        self._stream.flush()
        self._drawn = live
