"""The processes of a replica: one server, or a predictor and a transformer that is separate. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Revision


class Role(StrEnum):
    """What a process of a replica does."""

    SERVER = ""
    PREDICTOR = "predictor"
    TRANSFORMER = "transformer"


@dataclass(frozen=True)
class Unit:
    """One process of a replica."""

    revision: RevisionId
    replica: int
    role: Role = Role.SERVER

    @property
    def program(self) -> str:
        """Its program's name: `churn-v4-3f9a1c.0.predictor`. A revision's own name has no dot."""
        return f"{self.revision}.{self.stem}"

    @property
    def stem(self) -> str:
        """Its part of the names of files: `0`, or `0.predictor`."""
        return f"{self.replica}.{self.role}" if self.role else str(self.replica)

    @property
    def words(self) -> str:
        """As people say it: `replica 0`, or `the predictor of replica 0`."""
        return f"the {self.role} of replica {self.replica}" if self.role else f"replica {self.replica}"

    @property
    def has_the_model(self) -> bool:
        """Whether the model is loaded in it."""
        return self.role is not Role.TRANSFORMER


def units(revision: Revision, replicas: Iterable[int]) -> list[Unit]:
    """The processes of a revision's replicas; of two, the one that the other waits for first."""
    separate = revision.transformer is not None and revision.placement == "separate"
    roles = (Role.PREDICTOR, Role.TRANSFORMER) if separate else (Role.SERVER,)
    return [Unit(revision.id, replica, role) for replica in replicas for role in roles]


def units_in(programs: Iterable[str], revision: RevisionId) -> list[Unit]:
    """Those of the programs that belong to a revision."""
    found = []
    for program in programs:
        of, _, rest = program.partition(".")
        number, _, role = rest.partition(".")
        if of == revision and number.isdigit() and role in set(Role):
            found.append(Unit(revision, int(number), Role(role)))
    return found


def waits_for(program: str) -> str | None:
    """The program that has to be gone before this one is stopped: it asks this one."""
    before, _, role = program.rpartition(".")
    return f"{before}.{Role.TRANSFORMER}" if role == Role.PREDICTOR else None
