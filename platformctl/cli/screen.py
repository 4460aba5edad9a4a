"""What stdout is, and how wide: the edge that the views know nothing of."""

import os
import shutil
import sys

from platformctl.cli.output import WIDTH
from platformctl.cli.terminal import Style, is_terminal, style_of


def style() -> Style:
    """Colours for stdout, if it takes any."""
    return style_of(sys.stdout, os.environ)


def redraws() -> bool:
    """Whether stdout can be redrawn in place."""
    return is_terminal(sys.stdout, os.environ)


def width() -> int:
    """The terminal's columns; the usual ones where there is no terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDTH
