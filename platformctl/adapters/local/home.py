"""The home folder of the local target: where everything is, and that it is ours alone."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from platformctl.adapters.local.disk import writing
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import RevisionId

SOCKET_LIMIT = 100
"""Bytes of a unix socket's path; Linux takes 107, macOS 103."""

_LONGEST_SOCKET = "envoy-admin.sock"
_MARK = ".platformctl"
_OWN = (
    *("state.json", "state.lock", "stack.lock", "agent.json", "agent.lock"),
    *("supervisord.conf", "supervisord.pid", _MARK),
)
_OWN_FOLDERS = ("leases", "revisions", "logs", "environments", "mlflow", "envoy", "run", "launches")
# supervisord's configuration has no way to write these in each place ('%' in a log's path is expanded twice).
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\"%'\\;#]")


@dataclass(frozen=True)
class Home:
    """Paths below one folder, which is absolute. Making one touches nothing; `create` does."""

    root: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """The home in `folder`, there or not.

        Raises:
            SpecError: The path has characters that supervisord's configuration cannot hold.
        """
        root = Path(os.path.realpath(folder.expanduser()))
        if _UNWRITABLE.search(str(root)):
            raise SpecError(
                f"{str(root)!r} has a character that supervisord cannot take",
                field="--home",
                hint="choose a folder without quotes, backslashes, '%', ';', '#' and control characters",
            )
        return cls(root)

    @property
    def state_file(self) -> Path:
        """The truth."""
        return self.root / "state.json"

    @property
    def state_lock(self) -> Path:
        """Held while the truth changes."""
        return self.root / "state.lock"

    @property
    def stack_lock(self) -> Path:
        """Held while the stack goes up or down."""
        return self.root / "stack.lock"

    @property
    def agenda(self) -> Path:
        """What the agent has to do."""
        return self.root / "agent.json"

    @property
    def agent_lock(self) -> Path:
        """Held by the agent as long as it is on duty."""
        return self.root / "agent.lock"

    @property
    def leases(self) -> Path:
        """One lock a deployment."""
        return self.root / "leases"

    @property
    def revisions(self) -> Path:
        """One folder a live revision: its model, its code, its settings."""
        return self.root / "revisions"

    @property
    def environments(self) -> Path:
        """Python environments, by digest."""
        return self.root / "environments"

    @property
    def envoy(self) -> Path:
        """The router's files."""
        return self.root / "envoy"

    @property
    def mlflow(self) -> Path:
        """The local registry: mlflow.db and artifacts."""
        return self.root / "mlflow"

    @property
    def launches(self) -> Path:
        """One file a program: how often it was started."""
        return self.root / "launches"

    @property
    def logs(self) -> Path:
        """Logs, kept after what wrote them is gone."""
        return self.root / "logs"

    @property
    def supervisor_conf(self) -> Path:
        """Derived from the state."""
        return self.root / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        """Written by supervisord."""
        return self.root / "supervisord.pid"

    @property
    def supervisor_socket(self) -> Path:
        """Where supervisord answers."""
        return self.run / "supervisor.sock"

    @property
    def envoy_admin(self) -> Path:
        """Where Envoy's admin interface answers."""
        return self.run / _LONGEST_SOCKET

    @cached_property
    def run(self) -> Path:
        """The folder of unix sockets: in the home, or, where that is too long, in the temp folder."""
        inside = self.root / "run"
        if len(os.fsencode(inside / _LONGEST_SOCKET)) < SOCKET_LIMIT:
            return inside
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"platformctl-{os.getuid()}-{digest}"

    def revision(self, revision: RevisionId) -> Path:
        """A revision's folder."""
        return self.revisions / revision

    def socket(self, revision: RevisionId, replica: int) -> Path:
        """Where a replica answers."""
        return self._socket(f"{revision}/{replica}")

    def predictor_socket(self, revision: RevisionId, replica: int) -> Path:
        """Where the predictor of a replica says how it is, if its transformer is separate."""
        return self._socket(f"{revision}/{replica}/predictor")

    def predictor_grpc(self, revision: RevisionId, replica: int) -> Path:
        """Where that predictor answers its transformer."""
        return self._socket(f"{revision}/{replica}/predictor/grpc")

    def _socket(self, of: str) -> Path:
        """A short name: a revision's own may take 50 characters."""
        digest = hashlib.sha256(of.encode()).hexdigest()[:8]
        return self.run / f"{digest}.sock"

    def log(self, revision: RevisionId, stem: str) -> Path:
        """What a process of a revision writes."""
        return self.logs / revision / f"{stem}.log"

    def launch(self, program: str) -> Path:
        """How often a program was started."""
        return self.launches / program

    def create(self) -> None:
        """Make the folders, readable by their owner only.

        Raises:
            SpecError: There is a folder already, with something else in it.
            Refused: They cannot be made, or the folder for sockets is somebody else's.
        """
        self._must_be_free()
        with writing("the home folder", self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.root.chmod(0o700)
            (self.root / _MARK).touch()
            for name in _OWN_FOLDERS:
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
            self.run.mkdir(exist_ok=True, mode=0o700)
        self._check_run()

    def _must_be_free(self) -> None:
        """Refuse a person's own folder: we would close it to others, and fill it."""
        if not self.root.is_dir() or (self.root / _MARK).exists():
            return
        foreign = sorted({entry.name for entry in self.root.iterdir()} - {*_OWN, *_OWN_FOLDERS})
        if foreign:
            raise SpecError(
                f"{self.root} is not empty: {', '.join(foreign[:3])}",
                field="--home",
                hint="choose a folder that is empty, or that is not there yet",
            )

    def _check_run(self) -> None:
        """The temp folder is everybody's: a folder of that name could have been laid out for us."""
        found = self.run.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not ours or found.st_mode & 0o077:
            raise Refused(
                f"{self.run} is not a private folder of yours",
                hint="remove it, or set TMPDIR to another folder",
            )

    def must_be_ours(self) -> None:
        """Refuse a folder that `create` did not make.

        Raises:
            Refused: It is none of ours, or is not there.
        """
        if not (self.root / _MARK).is_file():
            raise Refused(
                f"{self.root} is not a home folder of platformctl", hint="name the right one with --home"
            )

    def purge(self) -> None:
        """Remove what we made, and the folder itself if nothing else is in it.

        Raises:
            Refused: It does not look like a home of ours; nothing was removed.
        """
        self.must_be_ours()
        if self.run != self.root / "run" and self.run.exists():
            self._check_run()
            shutil.rmtree(self.run)
        for name in (*_OWN_FOLDERS, "demo"):  # the last is there if `platformctl demo` was run
            shutil.rmtree(self.root / name, ignore_errors=True)
        self._purge_files()

    def _purge_files(self) -> None:
        for kept_aside in self.root.glob("state.json.corrupt-*"):
            kept_aside.unlink()
        for name in (*_OWN[:-1], _MARK):  # the mark goes last: a purge that is killed can be repeated
            (self.root / name).unlink(missing_ok=True)
        if not any(self.root.iterdir()):
            self.root.rmdir()
