"""What one run of the command line is given; click carries it as `obj`."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # `--help` must not pay for these
    from collections.abc import Sequence

    from platformctl.adapters.cluster.checking.check import Check
    from platformctl.adapters.local.stack import Stack
    from platformctl.domain.settings import Flags, Settings
    from platformctl.ports import ImageTool, Reporter
    from platformctl.usecases.export import Bench
    from platformctl.usecases.image import Workshop
    from platformctl.usecases.world import World

TIMEOUT = timedelta(seconds=120)
"""How long a revision may take to get ready, if nothing else is said."""


class Host(Protocol):
    """Who makes a world out of settings: the wiring, or a test."""

    def settings(self, flags: "Flags") -> "Settings":
        """Settle flags, environment and files.

        Raises:
            SpecError: They do not go together.
        """
        ...

    def world(
        self, settings: "Settings", reporter: "Reporter", timeout: timedelta, *, takes_over: bool = False
    ) -> "World":
        """The ports that the settings mean.

        Raises:
            SpecError: A cluster is meant, and it is not said which.
        """
        ...

    def where(self, settings: "Settings") -> str:
        """The cluster that the settings mean, in words.

        Raises:
            SpecError: It is not said which.
        """
        ...

    def cluster(self, settings: "Settings") -> "Sequence[Check]":
        """How that cluster is.

        Raises:
            SpecError: It is not said which.
            Unreachable: It does not answer, or does not know us.
        """
        ...

    def stack(self, settings: "Settings") -> "Stack":
        """The local stack that the settings mean."""
        ...

    def workshop(self, settings: "Settings", reporter: "Reporter") -> "Workshop":
        """What images are made from."""
        ...

    def bench(self, settings: "Settings", reporter: "Reporter") -> "Bench":
        """What models are exported with."""
        ...

    def image_tool(self, name: str | None) -> "ImageTool":
        """What builds them: the one of that name, else the first that works.

        Raises:
            SpecError: There is none.
            Unreachable: There is one, and it does not work.
        """
        ...


class Wired:
    """The real host."""

    def settings(self, flags: "Flags") -> "Settings":
        """As the flags, this process's environment and the files that it finds say."""
        from platformctl.adapters import config  # `--help` must not pay for it

        return config.settings(flags)

    def world(
        self, settings: "Settings", reporter: "Reporter", timeout: timedelta, *, takes_over: bool = False
    ) -> "World":
        """The real ports."""
        from platformctl import wiring  # `--help` must not pay for it

        return wiring.world(settings, reporter, timeout, takes_over=takes_over)

    def where(self, settings: "Settings") -> str:
        """As kubeconfig says."""
        from platformctl.wiring import cluster  # who works locally need not pay for it

        return cluster.where(settings)

    def cluster(self, settings: "Settings") -> "Sequence[Check]":
        """The real one."""
        from platformctl.wiring import cluster  # who works locally need not pay for it

        return cluster.checked(settings)

    def stack(self, settings: "Settings") -> "Stack":
        """The real stack."""
        from platformctl import wiring  # `--help` must not pay for it

        return wiring.stack(settings)

    def workshop(self, settings: "Settings", reporter: "Reporter") -> "Workshop":
        """The real registry and the real servers."""
        from platformctl import wiring  # `--help` must not pay for it

        return wiring.workshop(settings, reporter)

    def bench(self, settings: "Settings", reporter: "Reporter") -> "Bench":
        """The real registry, and Pythons of this machine."""
        from platformctl import wiring  # `--help` must not pay for it

        return wiring.bench(settings, reporter)

    def image_tool(self, name: str | None) -> "ImageTool":
        """A program on PATH."""
        from platformctl import wiring  # `--help` must not pay for it

        return wiring.image_tool(name)


@dataclass
class Session:
    """One run.

    Args:
        host: Who makes the world.
        flags: The global options that were given, by name.
        debug: Whether an error shows where it came from.
    """

    host: Host = field(default_factory=Wired)
    flags: dict[str, str] = field(default_factory=dict)
    debug: bool = False
