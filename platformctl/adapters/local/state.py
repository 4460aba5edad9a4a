"""state.json: the truth of the local target. Everything else in the home folder is derived from it."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from platformctl.adapters.local.disk import replace, writing
from platformctl.adapters.local.home import Home
from platformctl.domain.base import Frozen
from platformctl.domain.errors import Conflict, Refused, StateCorrupt
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import ABSENT, Token
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route

SCHEMA_VERSION: Literal[4] = 4
"""What is written. 2 has formats, features, options of servers and GPUs, which 1 could not say; 3 has what
only clusters follow: targets of scaling, nodes, images; 4 has scaling to zero and by requests.
"""

LOCK_TIMEOUT = 30.0
"""Seconds; the lock is held for tens of milliseconds, so this is somebody who hangs."""


class Stack(Frozen):
    """The stack as it was last brought up.

    Args:
        port: The stable address's, on the loopback interface.
        mlflow_port: The local registry's; None if it was not asked for.
        router: The command that runs Envoy: whoever changes a weight need not find it anew.
        python: The interpreter of the local registry.
    """

    port: int
    mlflow_port: int | None = None
    router: tuple[str, ...]
    python: str


class Deployed(Frozen):
    """What is recorded about one deployment.

    Args:
        generation: The state's at its last commit.
        by: Who made that commit, in words.
    """

    generation: int
    by: str
    route: Route
    rollout: Rollout

    @property
    def token(self) -> Token:
        """What the next commit must show."""
        return Token(str(self.generation))


class Live(Frozen):
    """A revision whose processes should run. `python` is the interpreter's path."""

    revision: Revision
    scale: Scale
    python: str

    @property
    def replicas(self) -> range:
        """The numbers of its replicas. Nothing scales by itself here, nor wakes: the minimum, or one."""
        return range(max(1, self.scale.minimum))


class State(Frozen):
    """The whole file. `generation` grows with every change and is never used twice."""

    schema_version: Literal[1, 2, 3, 4] = SCHEMA_VERSION
    generation: int = 0
    stack: Stack | None = None
    deployments: Mapping[Name, Deployed] = Field(default_factory=dict)
    live: Mapping[RevisionId, Live] = Field(default_factory=dict)

    def token(self, name: Name) -> Token:
        """The token of a deployment; ABSENT if it is not there."""
        deployed = self.deployments.get(name)
        return deployed.token if deployed else ABSENT

    def live_of(self, name: Name) -> Mapping[RevisionId, Live]:
        """The live revisions of one deployment."""
        return {key: live for key, live in self.live.items() if live.revision.deployment == name}

    def share(self, revision: RevisionId) -> int:
        """The revision's share of its deployment's requests, in percent."""
        return sum(deployed.route.share(revision) for deployed in self.deployments.values())

    def with_live(self, live: Live) -> "State":
        """The next state, in which the revision is live as given."""
        return self._next(live={**self.live, live.revision.id: live})

    def without_live(self, revision: RevisionId) -> "State":
        """The next state, in which the revision is not live."""
        return self._next(live={key: live for key, live in self.live.items() if key != revision})

    def with_commit(self, name: Name, route: Route, rollout: Rollout, by: str) -> "State":
        """The next state, with the deployment's route and rollout replaced together."""
        deployed = Deployed(generation=self.generation + 1, by=by, route=route, rollout=rollout)
        return self._next(deployments={**self.deployments, name: deployed})

    def without(self, name: Name) -> "State":
        """The next state, without the deployment's record."""
        return self._next(deployments={key: d for key, d in self.deployments.items() if key != name})

    def with_stack(self, stack: Stack) -> "State":
        """The next state, with the stack as given."""
        return self._next(stack=stack)

    def _next(self, **update: object) -> "State":
        new = {"schema_version": SCHEMA_VERSION, "generation": self.generation + 1}
        return self.model_copy(update={**update, **new})


class StateFile:
    """The file, its lock and what to do when it cannot be read."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def read(self) -> State:
        """The state; an empty one if nothing has been recorded yet. Needs no lock.

        Raises:
            StateCorrupt: It cannot be read; a copy was kept aside.
            Refused: A newer platformctl wrote it.
        """
        path = self.home.state_file
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}", hint="see who owns it") from error
        try:
            return parse(content)
        except ValueError as error:
            raise self._corrupt(content, error) from error

    def write(self, state: State) -> None:
        """Replace the state as a whole. Only under the lock.

        Raises:
            Refused: The disk will not take it; the old state is untouched.
        """
        content = state.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
        with writing("the state", self.home.state_file):
            replace(self.home.state_file, content)

    @contextlib.contextmanager
    def locked(self) -> Iterator[State]:
        """Hold the lock, and read the state under it.

        Raises:
            Conflict: Somebody else has held it for LOCK_TIMEOUT seconds.
        """
        with flock(self.home.state_lock, LOCK_TIMEOUT):
            yield self.read()

    @contextlib.contextmanager
    def locked_if_free(self) -> Iterator[State | None]:
        """As `locked`, but None at once if somebody else holds it: they are about to do the work."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(flock(self.home.state_lock, 0))
            except Conflict:
                yield None
                return
            yield self.read()

    def _corrupt(self, content: bytes, error: ValueError) -> StateCorrupt:
        """Keep a copy, by digest: many readers of one broken file keep one copy."""
        digest = hashlib.sha256(content).hexdigest()[:12]
        aside = self.home.state_file.with_name(f"state.json.corrupt-{digest}")
        with writing("a copy of the broken state", aside):
            if not aside.exists():
                shutil.copyfile(self.home.state_file, aside)
        return StateCorrupt(
            f"{self.home.state_file} cannot be read: {reason(error)}; a copy is {aside.name}",
            hint=f"repair it, or remove it and deploy again: what ran is still in {aside.name}",
        )


def parse(content: bytes) -> State:
    """Read a state file's content.

    Raises:
        ValueError: It is half a file, or not a state at all.
        Refused: A newer platformctl wrote it.
    """
    data = json.loads(content)
    version = data.get("schemaVersion") if isinstance(data, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise Refused(
            f"the state has schema version {version}; this platformctl reads up to {SCHEMA_VERSION}",
            hint="upgrade platformctl",
        )
    return State.model_validate_json(content)


def reason(error: ValueError) -> str:
    """The first thing that is wrong, in a line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


@contextlib.contextmanager
def flock(path: Path, timeout: float) -> Iterator[None]:
    """Hold an advisory lock; the kernel frees it when the process dies.

    Raises:
        Conflict: Somebody else has held it for `timeout` seconds.
    """
    with writing("a lock", path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for_lock(descriptor, path, time.monotonic() + timeout)
        yield
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Conflict(
                    f"{path} is held by another platformctl",
                    owner="another platformctl on this machine",
                    hint="wait for it, or see which one it is: platformctl status",
                ) from None
            time.sleep(0.005)
        else:
            return
