"""What canary and stable answered between two looks. The weights do not change within."""

from typing import Self

from pydantic import Field, model_validator

from platformctl.domain.base import Frozen
from platformctl.domain.errors import SpecError


class Tally(Frozen):
    """Of one revision: requests, and those of them that an event happened to: an error, a slow answer.

    Raises:
        ValueError: There are more events than requests.
    """

    requests: int = Field(ge=0)
    events: int = Field(ge=0)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.events > self.requests:
            raise ValueError(f"{self.events} events among {self.requests} requests")
        return self

    @property
    def rate(self) -> float:
        """Events a request; 0 without requests."""
        return self.events / self.requests if self.requests else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(requests=self.requests + other.requests, events=self.events + other.events)


class Window(Frozen):
    """Both, over the same time."""

    canary: Tally
    stable: Tally

    @property
    def requests(self) -> int:
        """Of both."""
        return self.canary.requests + self.stable.requests

    @property
    def events(self) -> int:
        """Of both."""
        return self.canary.events + self.stable.events

    @property
    def share(self) -> float:
        """The canary's part of the requests, which need not be its weight.

        Raises:
            SpecError: There are none.
        """
        if not self.requests:
            raise SpecError("a window without requests has no shares", field="requests")
        return self.canary.requests / self.requests

    @property
    def compares(self) -> bool:
        """Whether both were asked, and anything happened at all. Else nothing is learned of a ratio."""
        return bool(self.canary.requests and self.stable.requests and self.events)

    def __add__(self, other: "Window") -> "Window":
        return Window(canary=self.canary + other.canary, stable=self.stable + other.stable)
