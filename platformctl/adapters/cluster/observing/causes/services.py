"""Why a revision has no pods, or not all: what KServe and the Deployment's controller say. Pure."""

import re
from datetime import datetime

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes import refusals
from platformctl.adapters.cluster.observing.causes.cause import Cause, shortened
from platformctl.domain.manifests import Manifest

IGNORED = 10.0
"""Seconds within which KServe's controller looks at what is new."""

_UNSUPPORTED = ("RuntimeDisabled", "NoSupportingRuntime", "RuntimeNotRecognized", "InvalidPredictorSpec")
_DEADLINE_SECONDS = 600
_LONG_HOST = re.compile(r'Invalid value: "([^"]+)": must be no more than 63 char')
_CONTROLLER = "is its controller running? kubectl -n kserve get pods; platformctl doctor"


def of_service(service: Manifest, now: datetime, *, is_begun: bool) -> Cause | None:
    """What KServe says against a revision; None: nothing, or what its pods say better.

    Args:
        service: The InferenceService.
        now: The time, in UTC.
        is_begun: Whether KServe has made anything for it.
    """
    failure = objects.mapping(service, "status", "modelStatus", "lastFailureInfo")
    if failure.get("reason") in _UNSUPPORTED:
        said = objects.text(failure, "message")
        return Cause(
            f"KServe cannot serve it: {failure['reason']}" + (f": {said}" if said else ""), hopeless=True
        )
    for kind in ("PredictorReady", "TransformerReady"):
        found = objects.condition(service, kind)
        if found.get("status") == "False" and found.get("reason") == "ReconcileFailed":
            lasted = objects.seconds(objects.moment(found, "lastTransitionTime"), now)
            return _unreconciled(objects.text(found, "message"), lasted)
    age = objects.seconds(objects.created(service), now)
    if not is_begun and not objects.entries(service, "status", "conditions") and age >= IGNORED:
        return Cause(f"KServe has not looked at it for {age:.0f} s", _CONTROLLER)
    return None


def of_deployment(deployment: Manifest | None, now: datetime) -> Cause | None:
    """Why there are fewer pods than there should be; None: nothing is known against it.

    Args:
        deployment: That of a component; None: there is none yet.
        now: The time, in UTC.
    """
    if deployment is None:
        return Cause("KServe makes its Deployment", trouble=False)
    found = objects.condition(deployment, "ReplicaFailure")
    if found.get("status") != "True":
        return None
    lasted = objects.seconds(objects.moment(found, "lastTransitionTime"), now)
    return refusals.cause(objects.text(found, "message"), lasted)


def is_overdue(deployment: Manifest | None, youngest: datetime | None, now: datetime) -> str | None:
    """The Deployment's own deadline, in words, if it has passed; None: it has not.

    Its condition stays after what was wrong has been put right and the pods are new, so their age counts too.

    Args:
        deployment: That of a component.
        youngest: When the youngest of its pods was made; None: it has none.
        now: The time, in UTC.
    """
    found = objects.condition(deployment or {}, "Progressing")
    if found.get("reason") != "ProgressDeadlineExceeded":
        return None
    deadline = objects.number(deployment, "spec", "progressDeadlineSeconds") or _DEADLINE_SECONDS
    if youngest is not None and objects.seconds(youngest, now) < deadline:
        return None
    return f"{deadline} s"


def _unreconciled(message: str, lasted: float) -> Cause:
    said = shortened(
        re.sub(r"^fails? to (?:reconcile [^:]*|create NewRawKubeReconciler[^:]*): ", "", message)
    )
    long = _LONG_HOST.search(message)
    if long is not None:
        text = f"KServe makes a host of it and of the namespace, and {long[1]} is longer than 63 characters"
        return Cause(text, "use a shorter name, or a namespace with one", hopeless=True)
    if "is invalid" in message:
        return Cause(f"KServe cannot make what it needs: {said}", hopeless=True)
    return refusals.known(said, lasted) or Cause(f"KServe cannot make what it needs: {said}")
