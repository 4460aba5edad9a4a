"""`python -m platformctl`, and the console script."""

import gc
import io
import sys

from platformctl.cli.main import run

_COLLECTED_AFTER = 50_000
"""New objects. Python's own 700 take a tenth of a short command's time, to find that modules stay."""


def main() -> None:
    """Run the command line and end the process with its exit code."""
    gc.set_threshold(_COLLECTED_AFTER)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an ellipsis is no reason to fail where there is only ASCII
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
