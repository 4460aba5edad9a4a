"""What the contract suite needs of an implementation, beside the port itself.

To plug one in: write its harness, and a function `(folder) -> context manager of the harness`, and
add that to the list of its port in `implementations.py`. `folder` is an empty one of its own. The
harness lives as long as the suite, so an expensive stack is started once; each test has deployments
of its own, and removes them.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from platformctl.domain.names import Name
from platformctl.domain.revision import Revision
from platformctl.ports import Counters, Lease, Registry, Target


class TargetHarness(Protocol):
    """A target, and the means to bring about what it promises to cope with."""

    @property
    def target(self) -> Target:
        """The target as one client has it."""
        ...

    @property
    def another(self) -> Target:
        """The same target as another client has it."""
        ...

    @property
    def unreachable(self) -> Target:
        """A target of the same kind that is not up."""
        ...

    @property
    def counters(self) -> Counters:
        """The figures of `target`."""
        ...

    @property
    def counts_what_nobody_answered(self) -> bool:
        """Whether the figures are the router's, which has those of answers in a revision's place as well."""
        ...

    @property
    def body(self) -> bytes:
        """A request, in the V1 protocol, that every working revision answers with a 200."""
        ...

    def working_revision(self, name: Name, tag: int) -> Revision:
        """A revision that gets ready. Another tag, another revision; the same tag, the same one."""
        ...

    def failing_revision(self, name: Name, tag: int) -> Revision:
        """A revision whose model cannot be loaded, so that it fails for good, and logs why."""
        ...

    def until(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        """Let time pass until the condition is true.

        Raises:
            AssertionError: It was not within `timeout` seconds.
        """
        ...

    def corrupted(self, name: Name) -> AbstractContextManager[None]:
        """Make the recorded state of a deployment unreadable, and readable again at the end."""
        ...


class RegistryHarness(Protocol):
    """A registry that has one model of four versions, and aliases that nobody else moves.

    Versions 1 and 2 can serve. Version 3 is READY, but its files were deleted; version 4 never got
    READY. Nothing else is in it that is called like the model.
    """

    @property
    def registry(self) -> Registry:
        """The registry."""
        ...

    @property
    def unreachable(self) -> Registry:
        """A registry of the same kind that is down."""
        ...

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def files(self, version: str) -> Mapping[str, bytes]:
        """What version 1 or 2 is made of: content by path. `MLmodel` is one of them."""
        ...


class LeaseHarness(Protocol):
    """Leases, as several clients see them."""

    @property
    def lease(self) -> Lease:
        """Leases as one client has them."""
        ...

    @property
    def another(self) -> Lease:
        """The same leases as another client has them."""
        ...

    def abandon(self, name: Name) -> None:
        """Acquire the lease in a client that then dies without giving it back."""
        ...
