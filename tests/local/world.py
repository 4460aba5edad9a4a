"""A local stack in a folder of its own, and models to serve on it: what the tests of it share."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import joblib
import pandas as pd
from sklearn.dummy import DummyClassifier

from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.adapters.envoy.statistics import in_flight_pattern
from platformctl.adapters.envoy.unix_http import get
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import Stack, Up, Wanted, router_of
from platformctl.adapters.local.state import StateFile
from platformctl.adapters.local.supervisor import Supervisor
from platformctl.adapters.local.target import LocalTarget
from platformctl.adapters.registry.files import digest_of_folder
from platformctl.adapters.registry.folder import FolderRegistry
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed, RevisionStatus, Token
from platformctl.domain.progress import Event
from platformctl.domain.revision import Code, Revision, Scale
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.traffic import Answer, Request
from platformctl.domain.version_ref import Folder
from tests.fakes.values import canary, steady
from tests.ports import free_port

BODY = b'{"instances": [[1.0]]}'
GONE = Rollout(phase=Phase.DELETING)


def until(condition: Callable[[], bool], timeout: float = 60, what: str = "it") -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} was not within {timeout} s"
        time.sleep(0.05)


@dataclass
class Heard:
    """A reporter that remembers."""

    events: list[Event] = field(default_factory=list)

    def event(self, event: Event) -> None:
        self.events.append(event)


@dataclass(frozen=True)
class LocalWorld:
    """A home, and what is done with it."""

    folder: Path
    port: int = field(default_factory=free_port)
    heard: Heard = field(default_factory=Heard)

    @cached_property
    def home(self) -> Home:
        return Home.at(self.folder / "home")

    @property
    def stack(self) -> Stack:
        return Stack(self.home)

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.home.supervisor_socket)

    @property
    def states(self) -> StateFile:
        return StateFile(self.home)

    @property
    def counters(self) -> EnvoyCounters:
        return EnvoyCounters(self.home.envoy_admin)

    def up(self) -> Up:
        return self.stack.up(Wanted(port=self.port, registry=False))

    @cached_property
    def target(self) -> LocalTarget:
        return self.client()

    def client(self) -> LocalTarget:
        """Another client of the same home."""
        download = FolderRegistry().download
        router = router_of(self.home, self.port)
        return LocalTarget(self.home, router, download, lambda path: digest_of_folder(Path(path)), self.heard)

    def revision(self, name: Name, answer: int = 1) -> Revision:
        """A revision that answers every row with that number."""
        folder = self.folder / "models" / str(answer)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            model = DummyClassifier(strategy="constant", constant=answer).fit([[0.0], [1.0]], [answer, -1])
            joblib.dump(model, folder / "model.joblib")
        return self.of(name, folder)

    def with_columns(self, name: Name) -> Revision:
        """A revision whose model knows its one column, `height`, by name; it answers 1."""
        folder = self.folder / "models" / "with-columns"
        if not folder.is_dir():
            folder.mkdir(parents=True)
            table = pd.DataFrame({"height": [0.0, 1.0]})
            joblib.dump(
                DummyClassifier(strategy="constant", constant=1).fit(table, [1, 0]), folder / "model.joblib"
            )
        return self.of(name, folder)

    def of(self, name: Name, folder: Path) -> Revision:
        """The revision that serves the model in a folder."""
        return Revision(deployment=name, model=FolderRegistry().resolve(name, Folder(str(folder))))

    def broken(self, name: Name, tag: int = 1) -> Revision:
        """A revision whose model file is no model."""
        folder = self.folder / "models" / f"broken-{tag}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.joblib").write_bytes(b"this is no model " + str(tag).encode())
        return self.of(name, folder)

    def of_class(self, name: Name, source: str) -> Revision:
        """A revision whose predictor is the class `Mine` of a module with that source."""
        return self.revision(name).model_copy(update={"predictor": self._code(name, source)})

    def transformed_by(self, name: Name, source: str) -> Revision:
        """A revision with a separate transformer: the class `Mine` of a module with that source."""
        update = {"transformer": self._code(name, source), "placement": "separate"}
        return self.revision(name).model_copy(update=update)

    def _code(self, name: Name, source: str) -> Code:
        folder = self.folder / "code" / name
        folder.mkdir(parents=True)
        (folder / "mine.py").write_text(source)
        content = digest_of_folder(folder)
        return Code.model_validate({"class": "mine:Mine", "path": str(folder), "content": content})

    def observe(self, name: Name) -> Observed:
        return self.target.observe(name)

    def status(self, revision: Revision) -> RevisionStatus:
        return self.observe(revision.deployment).revisions[revision.id]

    def until_ready(self, *revisions: Revision) -> None:
        until(lambda: all(self.status(revision).is_ready for revision in revisions), what="ready")

    def prepared(self, *revisions: Revision, scale: Scale | None = None) -> None:
        for revision in revisions:
            self.target.prepare(revision, scale or Scale())
        self.until_ready(*revisions)

    def commit(self, rollout: Rollout, name: Name) -> Token:
        return self.target.commit(name, rollout.route, rollout, self.observe(name).token)

    def serve(self, revision: Revision, *previous: Revision) -> None:
        """Give a revision everything."""
        self.commit(steady(revision, *previous), revision.deployment)

    def split(self, stable: Revision, candidate: Revision, share: int) -> None:
        self.commit(canary(stable, candidate, share), stable.deployment)

    def ask(self, name: Name, revision: RevisionId | None = None) -> Answer:
        return self.target.predict(name, Request(BODY, revision))

    def answers(self, name: Name, number: int) -> bool:
        answer = self.ask(name)
        return answer.status == 200 and answer.body == b'{"predictions":[%d]}' % number

    def in_flight(self, revision: Revision) -> int:
        """Requests that a revision has not answered yet."""
        found = Admin(self.home.envoy_admin).values(in_flight_pattern([revision.id]))
        return found.get(f"cluster.{revision.id}.upstream_rq_active", 0)

    def left_out(self, revision: Revision, replica: int) -> bool:
        """Whether the router has found that a replica cannot answer."""
        answer = get(self.home.envoy_admin, "/clusters?format=json", 2.0)
        assert answer is not None
        clusters = json.loads(answer[1])["cluster_statuses"]
        (hosts,) = (one["host_statuses"] for one in clusters if one["name"] == revision.id)
        socket = str(self.home.socket(revision.id, replica))
        (host,) = (host for host in hosts if host["address"]["pipe"]["path"] == socket)
        return bool(host["health_status"].get("failed_active_health_check"))

    def pid(self, program: str) -> int:
        return self.supervisor.processes()[program].pid

    def clear(self, name: Name) -> None:
        """Remove a deployment, as `delete` does."""
        seen = self.observe(name)
        if seen.route.weights:
            self.commit(GONE, name)
        for revision in seen.revisions:
            self.target.remove(revision)
        if seen.token:
            self.target.forget(name, self.observe(name).token)


@contextlib.contextmanager
def local_world(folder: Path) -> Iterator[LocalWorld]:
    """A stack without a registry, that is up; down at the end."""
    world = LocalWorld(folder)
    try:
        world.up()
        yield world
    finally:
        world.stack.down(purge=True)
