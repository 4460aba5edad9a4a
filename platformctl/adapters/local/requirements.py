"""Whether what a model says it needs is installed here. Pure but for looking at what is installed."""

import importlib.metadata
import re
import sys
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from platformctl.domain.requirements import lines

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Needs:
    """What a model needs.

    Args:
        requirements: The text of its requirements.txt; "" if it has none.
        python: Its Python, as `3.11` or `3.11.7`; None if it does not say.
        extras: Those of the model servers' that it is served with.
    """

    requirements: str = ""
    python: str | None = None
    extras: frozenset[str] = frozenset()

    @property
    def python_minor(self) -> str:
        """As `3.11`: pickles and wheels go by that. Without a word of the model's it is ours."""
        match = re.match(r"\d+\.\d+", self.python or "")
        return match[0] if match else THIS_PYTHON


def differences(needs: Needs) -> list[str]:
    """Why the interpreter that runs this cannot serve the model; nothing if it can."""
    found = (
        [] if needs.python_minor == THIS_PYTHON else [f"Python {needs.python_minor} (here: {THIS_PYTHON})"]
    )
    return [*found, *filter(None, map(_difference, lines(needs.requirements)))]


def _difference(line: str) -> str | None:
    """Why a line does not hold here. What only an installer understands does not hold."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return line
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    if requirement.url or requirement.extras:
        return line
    installed = _installed(requirement.name)
    if installed is None:
        return f"{line} (not installed)"
    if not requirement.specifier.contains(installed, prereleases=True):
        return f"{line} (installed: {installed})"
    return None


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
