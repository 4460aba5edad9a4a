"""The one thread that calls the model."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any


class Worker:
    """Runs functions one after another in a thread of its own.

    Cheaper than an executor, and a daemon: a call that never ends does not keep the process alive
    beyond its grace.

    Args:
        name: The thread's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[tuple[asyncio.AbstractEventLoop, Any, Any, Any]] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self, call: Callable[[Any], Any], argument: Any, done: Callable[[Any], None]) -> None:
        """Have `call(argument)` run; `done` gets the outcome in the running loop. `call` never raises."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._work.put((asyncio.get_running_loop(), call, argument, done))

    def _run(self) -> None:
        while True:
            loop, call, argument, done = self._work.get()
            outcome = call(argument)
            if not loop.is_closed():
                loop.call_soon_threadsafe(done, outcome)
            del outcome, argument  # not kept until the next call
