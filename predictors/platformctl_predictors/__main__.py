"""`python -m platformctl_predictors --settings FILE [--model-dir DIR]`: serve one revision."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from platformctl_predictors import logs, settings
from platformctl_predictors.exits import Code, Exit, Parser, told
from platformctl_predictors.serving import sockets
from platformctl_predictors.settings import Settings, SettingsError

_APPENDED = ("--model_name", "--predictor_host", "--http_port", "--workers")
"""What KServe appends to a transformer's arguments; the settings say all of that."""

logger = logging.getLogger("platformctl_predictors")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM.

    Returns:
        The exit code; a non-zero one has been explained by one JSON line on stderr.
    """
    logs.configure()
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _stop_before_serving)
    try:
        _run(arguments)
    except Exit as end:
        return told(end)
    except Exception as error:
        logger.exception("crash")
        return told(
            Exit(
                Code.CRASH,
                f"{type(error).__name__}: {error}",
                "the log above has the traceback; if it is not in code of yours, report it",
            )
        )
    return Code.STOPPED


def _run(arguments: Sequence[str] | None) -> None:
    options = _parser().parse_args(arguments)
    wanted = _settings(options.settings)
    sys.argv = sys.argv[:1]  # importing kserve parses what is there
    listener = sockets.bind(wanted)
    try:
        from platformctl_predictors.serving.build import build  # imports kserve: after argv
        from platformctl_predictors.serving.server import RevisionServer
        from platformctl_predictors.serving.warmup import warm_up

        folder = options.model_dir or Path(wanted.model_dir)
        built = build(wanted, folder)
        prime = partial(warm_up, folder=folder, batch_rows=wanted.batch.rows)
        server = RevisionServer(wanted, listener, built, prime)
        server.start([built.model])
    finally:
        listener.close()
        sockets.release(wanted)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m platformctl_predictors", allow_abbrev=False)
    parser.add_argument("--settings", type=Path, default=settings.DEFAULT_PATH, metavar="FILE")
    parser.add_argument("--model-dir", type=Path, metavar="DIR", help="instead of the settings'")
    for name in _APPENDED:
        parser.add_argument(name, help=argparse.SUPPRESS)
    return parser


def _settings(path: Path) -> Settings:
    try:
        return settings.read(path)
    except SettingsError as error:
        raise Exit(Code.SETTINGS, str(error), error.hint) from error


def _stop_before_serving(_signal: int, _frame: FrameType | None) -> NoReturn:
    """A stop while the model loads: nothing is in flight."""
    sys.exit(Code.STOPPED)


if __name__ == "__main__":
    sys.exit(main())
