"""The real clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, as the port `Clock` wants it."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait; a signal handler that raises ends it early."""
        time.sleep(seconds)
