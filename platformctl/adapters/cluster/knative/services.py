"""The InferenceService of a deployment in Knative mode: read, given another template, another percentage.

The safe order, always: a new template comes with 0 percent in the same request, so that nobody is sent to
whatever was "latest" before; it gets its share when Knative says that it is ready.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import INFERENCE_SERVICE, KNATIVE_REVISION, KNATIVE_SERVICE
from platformctl.adapters.cluster.api.objects import is_leaving, mapping, name, text
from platformctl.adapters.cluster.knative.seen import MADE, Seen, editors, is_served
from platformctl.adapters.cluster.state import recorded as state
from platformctl.adapters.cluster.state.compare import until_fresh
from platformctl.domain import manifests
from platformctl.domain.errors import Conflict, DeadlinePassed, NotFound
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.revision import Scale
from platformctl.domain.route import Route
from platformctl.render.knative import in_place

MADE_SECONDS = 60.0
"""In which KServe and Knative make something of a new template; where they are not busy it is one."""

SERVED_SECONDS = 60.0
"""In which a percentage is served."""

LEAVE_SECONDS = 120.0
"""In which an InferenceService is gone: more than the longest grace of a server."""

_POLL = 0.1
_PERCENTAGE = ("spec", "predictor", "canaryTrafficPercent")


class Services:
    """The InferenceServices of a namespace, and what Knative makes of them.

    Args:
        api: The cluster.
        takes_over: Whether fields that another manager has set are taken over.
    """

    def __init__(self, api: Api, *, takes_over: bool = False) -> None:
        self._api = api
        self._takes_over = takes_over

    def look(self, deployment: Name) -> Seen:
        """The objects of a deployment.

        Raises:
            Refused: There is an InferenceService of that name which is not ours.
        """
        with ThreadPoolExecutor(3) as pool:
            reading = pool.submit(self.read, deployment)
            knative = pool.submit(self._api.get, KNATIVE_SERVICE, f"{deployment}-predictor")
            selector = f"{manifests.DEPLOYMENT}={deployment}"
            found = pool.submit(self._api.list, KNATIVE_REVISION, selector)
            service, revisions = reading.result(), found.result()
            return Seen(service, knative.result(), [one for one in revisions if not is_leaving(one)])

    def read(self, deployment: Name) -> Manifest | None:
        """The InferenceService; None: it is not there.

        Raises:
            Refused: There is one of that name which is not ours.
        """
        found = self._api.get(INFERENCE_SERVICE, deployment)
        if found is not None and not state.is_ours(found):
            raise state.not_ours(found)
        return found

    def make(self, wanted: Manifest) -> None:
        """Make something that pods need, or bring it to what is wanted.

        Raises:
            Conflict: Another manager has set a field of it.
        """
        self._api.apply(wanted, force=self._takes_over)

    def put(self, wanted: Manifest) -> Manifest:
        """Give an InferenceService another template, or make it.

        What KServe would go back to by itself is forgotten first: while a new template is not ready yet, it
        takes the one that serves for one that was promoted and is taken back.

        Args:
            wanted: As rendered, with the percentage that it is to have meanwhile.

        Raises:
            Conflict: Another manager has set a field of it.
        """
        deployment = Name(name(wanted))

        def replace(before: Manifest | None) -> Manifest:
            marked = _marked(wanted, Seen(before).made + 1, before)
            if before is None:
                return self._api.create(marked)
            others = editors(before, manifests.MANAGER, "spec", "predictor")
            if others and not self._takes_over:
                raise _edited(deployment, others[0])
            return self._api.apply(marked, force=True)  # some fields are ours by another way: a POST, a patch

        self.forget_previous(deployment)
        return until_fresh(lambda: self._settled(deployment), replace, f"inferenceservice {deployment}")

    def give(self, deployment: Name, percent: int) -> None:
        """Change the percentage, and nothing else: any other change makes another revision of Knative's.

        Raises:
            Conflict: Somebody else has set it.
        """

        def replace(before: Manifest | None) -> None:
            seen = Seen(before)
            if before is None or seen.percent == percent:
                return
            others = editors(before, manifests.MANAGER, *_PERCENTAGE)
            if others and not self._takes_over:
                raise _edited(deployment, others[0], f": its percentage is {seen.percent}, not {percent}")
            version = {"resourceVersion": text(before, "metadata", "resourceVersion")}
            patch = {"metadata": version, "spec": {"predictor": {"canaryTrafficPercent": percent}}}
            self._api.patch(INFERENCE_SERVICE, deployment, patch)

        until_fresh(lambda: self.read(deployment), replace, f"inferenceservice {deployment}")

    def forget_previous(self, deployment: Name) -> None:
        """Let KServe forget to what it would go back by itself."""

        def replace(before: Manifest | None) -> None:
            if before is None or not Seen(before).previous:
                return
            version = {"resourceVersion": text(before, "metadata", "resourceVersion")}
            status = {"components": {"predictor": {"previousRolledoutRevision": None}}}
            patch = {"metadata": version, "status": status}
            self._api.patch(INFERENCE_SERVICE, deployment, patch, subresource="status")

        until_fresh(lambda: self.read(deployment), replace, f"inferenceservice {deployment}")

    def rescale(self, deployment: Name, revision: RevisionId, scale: Scale) -> None:
        """Let the newest of Knative's revisions of one of ours scale otherwise, in place.

        Knative's revisions hand these annotations on to what scales them. The template says what they were
        made with; so this is for what passes, and for a revision that is not the template's.
        """
        backing = self.look(deployment).backing(revision)
        if not backing:
            raise NotFound(f"{revision} is not live", hint=f"platformctl status {deployment}")
        changes = in_place(scale, mapping(backing[0], "metadata", "annotations"))
        if changes:
            self._api.patch(KNATIVE_REVISION, name(backing[0]), {"metadata": {"annotations": dict(changes)}})

    def await_made(self, deployment: Name, seconds: float) -> Seen:
        """Wait until Knative has a revision of the template as it is now; it need not be ready.

        Raises:
            DeadlinePassed: It has none in time: KServe or Knative refuses it, or does not run.
        """
        return self._await(deployment, lambda seen: seen.newest is not None, seconds, "is not taken up")

    def await_ready(self, deployment: Name, seconds: float) -> Seen:
        """Wait until the template as it is now is what the percentage means.

        Raises:
            DeadlinePassed: It was still not ready.
        """
        return self._await(deployment, lambda seen: seen.is_newest_ready, seconds, "was still getting ready")

    def await_served(self, deployment: Name, route: Route) -> Seen:
        """Wait until a route is served.

        Raises:
            DeadlinePassed: It was still not.
        """
        return self._await(
            deployment, lambda seen: is_served(seen, route), SERVED_SECONDS, "is not served as recorded"
        )

    def remove(self, deployment: Name) -> None:
        """Remove the InferenceService, and wait until it and all that Knative made of it is gone.

        Raises:
            DeadlinePassed: Something was still there.
        """
        if self.read(deployment) is not None:
            self._api.delete(INFERENCE_SERVICE, deployment)
        self._await(
            deployment,
            lambda seen: seen.service is seen.knative is None and not seen.revisions,
            LEAVE_SECONDS,
            "was still there",
        )

    def drop(self, knative: str) -> None:
        """Remove one of Knative's revisions: nobody can be sent to it any more, whatever anybody says."""
        self._api.delete(KNATIVE_REVISION, knative)

    def _settled(self, deployment: Name) -> Manifest | None:
        """The InferenceService, once one that is being removed is gone."""
        found = self.read(deployment)
        if found is not None and is_leaving(found):
            self.remove(deployment)
            return None
        return found

    def _await(self, deployment: Name, holds: Callable[[Seen], bool], seconds: float, otherwise: str) -> Seen:
        deadline = time.monotonic() + seconds
        while True:
            seen = self.look(deployment)
            if holds(seen):
                return seen
            if time.monotonic() >= deadline:
                why = f": {seen.says_otherwise}" if seen.says_otherwise else ""
                raise DeadlinePassed(
                    f"{seen.template or deployment} {otherwise} after {seconds:g} s{why}",
                    hint=f"kubectl describe inferenceservice,ksvc,revisions -n {self._api.namespace}; "
                    "the same command again goes on",
                )
            time.sleep(_POLL)


def _marked(wanted: Manifest, made: int, before: Manifest | None) -> Manifest:
    """The same, with how often the template was made, and of the resource version that was read."""
    predictor: Mapping[str, Any] = wanted["spec"]["predictor"]
    annotations = {**predictor.get("annotations", {}), MADE: str(made)}
    metadata = dict(wanted["metadata"])
    if before is not None:
        metadata["resourceVersion"] = text(before, "metadata", "resourceVersion")
    return {**wanted, "metadata": metadata, "spec": {"predictor": {**predictor, "annotations": annotations}}}


def _edited(deployment: Name, who: str, what: str = "") -> Conflict:
    return Conflict(
        f"InferenceService {deployment} was edited by {who}{what}",
        owner=who,
        hint="`--force-conflicts` takes over what was edited; deploy, promote and rollback are the ways to "
        f"change it; kubectl get inferenceservice {deployment} --show-managed-fields -o yaml says what was",
    )
