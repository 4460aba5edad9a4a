"""`python -m platformctl`, and the console script."""

import io
import sys

from platformctl.cli.main import run


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an ellipsis is no reason to fail where there is only ASCII
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
