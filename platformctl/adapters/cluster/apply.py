"""The objects of a revision: made, scaled, removed.

The InferenceService comes first and owns the others, so that they go with it. If one of them cannot be made,
an InferenceService that was new is removed again, and what it owns goes with it; one that was there before
stays as it is. It is never touched after its creation but for its scale.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import INFERENCE_SERVICE, POD, REPLICA_SET
from platformctl.adapters.cluster.api.objects import (
    at,
    condition,
    is_leaving,
    name,
    owned,
)
from platformctl.adapters.cluster.state import recorded as state
from platformctl.domain.errors import DeadlinePassed, NotFound, PlatformctlError
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Scale
from platformctl.render import scaling

LEAVE_SECONDS = 120.0
"""In which the pods of a revision are gone: more than the longest grace of a server."""

_POLL = 0.2


class Objects:
    """The objects of revisions in a namespace.

    Args:
        api: The cluster.
        takes_over: Whether fields that another manager has set are taken over.
    """

    def __init__(self, api: Api, *, takes_over: bool = False) -> None:
        self._api = api
        self._takes_over = takes_over

    def find(self, revision: RevisionId) -> Manifest | None:
        """The InferenceService of a revision; None: it is not live.

        Raises:
            Refused: There is one of that name which is not ours.
        """
        found = self._api.get(INFERENCE_SERVICE, revision)
        if found is not None and not state.is_ours(found):
            raise state.not_ours(found)
        return found

    def make(self, manifests: Sequence[Manifest], scale: Scale) -> bool:
        """Make what is not there; of what is there, change the scale.

        Args:
            manifests: As rendered, the InferenceService first.
            scale: Likewise.

        Returns:
            Whether the revision was live already.

        Raises:
            PlatformctlError: One cannot be made; the message says what became of the others.
        """
        service, others = manifests[0], manifests[1:]
        revision = RevisionId(service["metadata"]["name"])
        before = self._settled(revision)
        owner = before or self._api.apply(service)
        try:
            for other in others:
                self._api.apply(owned(other, owner), force=self._takes_over)
        except PlatformctlError as error:
            if before is None:
                self._api.delete(INFERENCE_SERVICE, revision)
                error.message += f"; InferenceService {revision}, which was new, is removed again"
            raise
        if before is not None:
            self._rescale(before, scale)
        return before is not None

    def rehearse(self, manifests: Sequence[Manifest]) -> list[PlatformctlError]:
        """Let the API server and its webhooks say what they think. Nothing is made."""
        refusals: list[PlatformctlError] = []
        for manifest in manifests:
            try:
                self._api.apply(manifest, force=self._takes_over, dry_run=True)
            except PlatformctlError as error:
                refusals.append(error)
        return refusals

    def scale(self, revision: RevisionId, scale: Scale) -> None:
        """Change the scale in place.

        Raises:
            NotFound: It is not live.
        """
        found = self.find(revision)
        if found is None or is_leaving(found):
            raise NotFound(f"{revision} is not live", hint="platformctl status shows what is")
        self._rescale(found, scale)

    def renew(self, revision: RevisionId) -> None:
        """Try at once what has failed: the pods that are not ready, or all of it where none is.

        Pods that the API server refused are tried by their ReplicaSet, ever more seldom; a new one is quick.
        """
        pods = [pod for pod in self._pods(revision) if not is_leaving(pod)]
        failed = [pod for pod in pods if condition(pod, "Ready").get("status") != "True"]
        if len(failed) < len(pods):
            for pod in failed:
                self._api.delete(POD, name(pod))
            return
        for replicas in self._api.list(REPLICA_SET, f"{REVISION}={revision}"):
            self._api.delete(REPLICA_SET, name(replicas))

    def remove(self, revision: RevisionId) -> None:
        """Remove a revision, and wait until its pods are gone.

        Raises:
            DeadlinePassed: One was still there after LEAVE_SECONDS.
        """
        if self.find(revision) is not None:
            self._api.delete(INFERENCE_SERVICE, revision)
        _wait(lambda: self.find(revision) is None, f"InferenceService {revision}")
        _wait(lambda: not self._pods(revision), f"a pod of {revision}")

    def _settled(self, revision: RevisionId) -> Manifest | None:
        """The InferenceService, once one that is being removed is gone."""
        found = self.find(revision)
        if found is not None and is_leaving(found):
            _wait(lambda: self.find(revision) is None, f"the former InferenceService {revision}")
            return None
        return found

    def _rescale(self, found: Manifest, scale: Scale) -> None:
        patch = scaling.patch(found, scale)
        if not _says(found, patch):
            self._api.patch(INFERENCE_SERVICE, name(found), patch)

    def _pods(self, revision: RevisionId) -> list[Manifest]:
        return self._api.list(POD, f"{REVISION}={revision}")


def _says(found: Any, patch: Any) -> bool:  # any JSON
    """Whether a merge patch would change nothing."""
    if not isinstance(patch, dict):
        return bool(found == patch)
    return all(_says(at(found, key), value) for key, value in patch.items())


def _wait(condition_: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LEAVE_SECONDS
    while not condition_():
        if time.monotonic() >= deadline:
            raise DeadlinePassed(
                f"{what} was still there after {LEAVE_SECONDS:g} s",
                hint="kubectl describe shows what holds it; the same command again goes on",
            )
        time.sleep(_POLL)
