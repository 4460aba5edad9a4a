"""Who we are, for whoever finds our lease or our commit."""

import getpass
import os


def user() -> str:
    """The user's name, or number: a container's user need not have a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
