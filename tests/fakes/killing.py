"""Clients that die between, or in the middle of, what they do; and others that come in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

P = TypeVar("P")


class Killed(BaseException):
    """`kill -9`: nothing that the client would still have done is done, no `finally` either."""


@dataclass
class Fuse:
    """Counts the calls that a client makes, and does something at one of them.

    Args:
        at: The call, from 1; 0: at none of them.
        happen: What to do before that call; None: die.
        after: Whether to do it after the call, when it has had its effect.
    """

    at: int = 0
    happen: Callable[[], None] | None = None
    after: bool = False
    made: list[str] = field(default_factory=list)
    dead: bool = False

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return len(self.made)

    def call(self, name: str, make: Callable[[], object]) -> object:
        """Make one call, unless the client is dead by then."""
        if self.dead:
            raise Killed
        self.made.append(name)
        burns = self.calls == self.at
        if burns and not self.after:
            self._burn()
        try:
            return make()
        finally:
            if burns and self.after:
                self._burn()

    def _burn(self) -> None:
        if self.happen is None:
            self.dead = True
            raise Killed
        self.happen()


class _Fused:
    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        """What the port has, but for its methods, which are counted."""
        member = getattr(self._port, name)
        if not callable(member):
            return member
        return lambda *args, **kwargs: self._fuse.call(name, lambda: member(*args, **kwargs))


def fused(port: P, fuse: Fuse) -> P:
    """The same port, each of whose calls goes through the fuse."""
    return cast("P", _Fused(port, fuse))
