"""The ports: all that the use cases know of the world.

`tests/contract` holds every implementation, the fakes included, to what is said here.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from platformctl.domain.counts import Counts
from platformctl.domain.exports import Judging, Verdict
from platformctl.domain.images import Recipe
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import (
    Capabilities,
    Finding,
    Observed,
    Scope,
    Summary,
    Token,
)
from platformctl.domain.progress import Event
from platformctl.domain.revision import ModelVersion, Revision, Scale
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.domain.signatures import SignatureText
from platformctl.domain.traffic import Answer, Request
from platformctl.domain.version_ref import VersionRef


class Registry(Protocol):
    """Where models come from.

    Every method raises Unreachable if the registry is down, slow or forbids it, and NotFound if it
    has no such model, version, alias or file.
    """

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a version: its number, id and artifact URI, and what its MLmodel says.

        Raises:
            Refused: The version is there but cannot serve: not READY, or its files are deleted.
        """
        ...

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file of a version."""
        ...

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel says that it takes and gives; None if it says nothing, or has none."""
        ...

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy all files of a version into `folder`, which exists and is empty."""
        ...

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version, and read it back.

        Raises:
            Conflict: Somebody else pointed it elsewhere at the same time.
        """
        ...


class Target(Protocol):
    """Where models serve. Every method raises Unreachable if the target does not answer."""

    def capabilities(self, name: Name) -> Capabilities:
        """What it can do with a deployment. Asks nobody: what is not known yet is what it can as a rule."""
        ...

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:
        """Say what would go wrong with this revision here. Changes nothing."""
        ...

    def room(self, revision: Revision) -> int | None:
        """How many replicas of it find a place once all others of its deployment are gone.

        None: any number, or it cannot be said.
        """
        ...

    def list(self, scope: Scope) -> Sequence[Summary]:
        """The deployments in scope, by name."""
        ...

    def observe(self, name: Name) -> Observed:
        """Say how a deployment is now; one that is not there is an empty `Observed`.

        Raises:
            StateCorrupt: What was recorded cannot be read.
        """
        ...

    def prepare(self, revision: Revision, scale: Scale) -> None:
        """Make a revision live at weight 0. Idempotent; does not wait for it to be ready.

        Files it needs are complete when this returns. On a revision that is live already only the
        scale is changed; one that has failed for good is started anew.
        """
        ...

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the replicas of a live revision in place.

        Raises:
            NotFound: It is not live.
        """
        ...

    def commit(self, name: Name, route: Route, rollout: Rollout, token: Token) -> Token:
        """Replace route and rollout together, if the state is still the one `token` was read with.

        When it returns the new weights are served.

        Raises:
            Conflict: Somebody else has committed since.
        """
        ...

    def forget(self, name: Name, token: Token) -> None:
        """Drop the recorded state of a deployment that has no route and no live revision.

        Raises:
            Conflict: Somebody else has committed since.
            StillServing: It has a route, or live revisions.
        """
        ...

    def remove(self, revision: RevisionId) -> None:
        """Drain a revision and remove it. Idempotent.

        Raises:
            StillServing: It has weight.
        """
        ...

    def logs(self, revision: RevisionId, tail: int) -> Sequence[str]:
        """The last lines that a revision's processes wrote, oldest first, also after its removal.

        Raises:
            NotFound: Nothing is known of it.
        """
        ...

    def predict(self, name: Name, request: Request) -> Answer:
        """Send one prediction through the stable address, or to one revision through the router.

        A server's error, a reset and a timeout are answers, not exceptions.

        Raises:
            NotFound: There is no such deployment, or no such live revision.
        """
        ...


class Counters(Protocol):
    """Cumulative figures a revision: of the router, or of the model servers themselves.

    What a router answers in the place of a revision none of whose replicas does is in a router's figures
    only. Nobody needs them to know of such a revision: its status says so.
    """

    def read(self, name: Name, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        """Read the figures of the given revisions; zeros for one that has had no request.

        A source that asks several processes tells them apart, and those that say nothing now it leaves away.

        Raises:
            Unreachable: The source is down, or what it says cannot be read.
        """
        ...


class Metrics(Protocol):
    """What is asked for figures that only its owner understands."""

    def query(self, address: str | None, text: str) -> float:
        """Ask a query that gives one number.

        Args:
            address: Where; None: where the configuration says.
            text: PromQL.

        Raises:
            Unreachable: Nobody answers in time.
            Refused: There is nobody to ask; or the answer is not one number: nothing, several, NaN.
        """
        ...


class Grant(Protocol):
    """A lease that was acquired."""

    @property
    def name(self) -> Name:
        """The deployment it is for."""
        ...

    @property
    def holder(self) -> str:
        """Who holds it, in words."""
        ...


class Lease(Protocol):
    """One writer at a time for a deployment. A courtesy: what prevents two winners is `commit`."""

    def acquire(self, name: Name, holder: str, ttl: timedelta) -> Grant:
        """Take the lease. It ends with `release`, with its holder's process, or `ttl` after it.

        Raises:
            Conflict: Somebody else has it; `owner` says who and since when.
        """
        ...

    def release(self, grant: Grant) -> None:
        """Give it back. Idempotent."""
        ...

    def holder(self, name: Name) -> str | None:
        """Who has it now, in words, or None. For `status`; nobody decides by it."""
        ...


class ImageTool(Protocol):
    """What builds images, and knows those that are on this machine."""

    @property
    def name(self) -> str:
        """As people call it: docker, podman, buildah."""
        ...

    def recipe(self, reference: str) -> str | None:
        """The digest of the recipe that the image of this name was made by; None if it is not there."""
        ...

    def build(self, reference: str, recipe: Recipe) -> None:
        """Build an image and name it. What it prints meanwhile goes to stderr.

        Raises:
            Refused: It could not.
        """
        ...

    def push(self, reference: str) -> None:
        """Copy an image to the registry that its name says.

        Raises:
            Refused: It could not.
        """
        ...


class Exporter(Protocol):
    """What exports models to ONNX, and holds the exports equal."""

    def export(
        self, version: ModelVersion, out: Path | None, judging: Judging
    ) -> AbstractContextManager[tuple[Verdict, Path]]:
        """Copy a version's files into a folder and add the export to them, if its gate passes.

        Args:
            version: Which model.
            out: The folder, which is empty or not there yet; None: one that is gone after the block.
            judging: How the export is judged.

        Raises:
            SpecError: The folder, or the rows to compare on, cannot be used.
            Refused: The model cannot be exported, or its libraries are not to be had.
        """
        ...


class Shelf(Protocol):
    """Where new versions of models are registered."""

    def register(self, source: ModelVersion, folder: Path, tags: Mapping[str, str]) -> str:
        """Register the files of a folder as a new version of the model that `source` is a version of.

        Returns:
            Its number.

        Raises:
            Unreachable: The registry does not answer, or forbids it.
        """
        ...


class Reporter(Protocol):
    """Who hears how it goes."""

    def event(self, event: Event) -> None:
        """Tell one event."""
        ...


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
