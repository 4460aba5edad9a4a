"""`platformctl version`."""

import importlib.metadata
import platform

import click

from platformctl.cli.main import PROGRAM
from platformctl.cli.options import examples, output_option
from platformctl.cli.output import document, show


@click.command("version", epilog=examples("platformctl version"))
@output_option
def command(form: str) -> int:
    """Print the version."""
    version, python = importlib.metadata.version(PROGRAM), platform.python_version()
    shape = document("Version", version=version, python=python, platform=platform.platform())
    show([f"{PROGRAM} {version} (Python {python})"], shape, form)
    return 0
