"""Where the server's log goes: one line an event on stderr, none a request."""

import logging
import logging.config
import warnings

_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
            "formatter": "line",
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # kserve configures its loggers itself unless this one has a handler.
        "kserve": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}


def configure() -> None:
    """Set up logging for the process."""
    logging.config.dictConfig(_CONFIG)
    logging.captureWarnings(capture=True)
    # kserve's routes still use a response class that FastAPI deprecated; not the reader's concern.
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
