"""Why a revision of Knative's is not ready: what it says itself, where its pods cannot say it better. Pure.

Knative takes the pods of one that is not ready in time away, for ever if it never was. What it then says is
all that is left, and hopeless.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes import refusals
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened
from platformctl.domain import last_words
from platformctl.domain.manifests import Manifest

Condition = Mapping[str, Any]

LIMIT = "serving.knative.dev/progress-deadline"
"""The annotation that says how long one may take to get ready."""

UNMADE = 10.0
"""Seconds within which KServe and Knative make something of a template."""

_DEADLINE = "ProgressDeadlineExceeded"
_SKIP = "registries-skipping-tag-resolving of ConfigMap config-deployment in knative-serving"
_CONTROLLERS = (
    "do their controllers run? kubectl get pods -n kserve; kubectl get pods -n knative-serving; "
    "platformctl doctor"
)

_RULES = (
    Rule(
        r"failed to parse image name",
        "{image} is no name of an image",
        "write registry/name:tag or registry/name@sha256:…",
    ),
    Rule(
        r"unauthorized|authentication required|denied\b|\b40[13]\b|forbidden",
        "the registry does not tell Knative the digest of {image}, or has none of that name: {said}",
        f"name a Secret for the registry in `pull_secrets` of the context, or add the registry to {_SKIP}",
    ),
    Rule(
        r"not found|manifest_?unknown|name_?unknown|\b404\b",
        "the registry has no image {image}: {said}",
        "is the reference right, and was it pushed? platformctl image build --push",
    ),
    Rule(
        r"x509|certificate|HTTP response to HTTPS client",
        "Knative does not trust the registry of {image}: {said}",
        f"give its controller the registry's certificate, or add the registry to {_SKIP}",
        None,
    ),
    Rule(
        r"toomanyrequests|too many requests|\b429\b|rate limit",
        "the registry tells nobody the digest of {image} for now: {said}",
        f"name a Secret for it in `pull_secrets` of the context, or add the registry to {_SKIP}",
        None,
    ),
    Rule(
        r".",
        "Knative's controller cannot ask the registry for the digest of {image}: {said}",
        f"may it connect to the registry? Else add the registry to {_SKIP}",
        None,
    ),
)


def of_revision(revision: Manifest, now: datetime, *, has_pods: bool) -> Cause | None:
    """What Knative says against one of its revisions; None: nothing, or what its pods say better.

    Args:
        revision: Knative's.
        now: The time, in UTC.
        has_pods: Whether pods of it are there that are not ready.
    """
    healthy = objects.condition(revision, "ContainerHealthy")
    available = objects.condition(revision, "ResourcesAvailable")
    found = _unmade(healthy, available, now)
    if found is not None or has_pods:
        return found
    taken = next(filter(_is_false, (healthy, available)), None)
    if taken is not None and _is_false(objects.condition(revision, "Active")):
        return Cause(_left(revision, taken), "the same deploy starts it anew", hopeless=True)
    if available.get("reason") == "ResolvingDigests":
        return Cause("Knative asks the registry for the digest of its image", trouble=False)
    return None


def _unmade(healthy: Condition, available: Condition, now: datetime) -> Cause | None:
    """Why there are no pods, or not all; None: nothing is known against it."""
    if _is_false(healthy) and healthy.get("reason") == "ContainerMissing":
        return _unresolved(objects.text(healthy, "message"))
    message = objects.text(available, "message")
    if _is_false(available) and available.get("reason") == "FailedCreate":
        lasted = objects.seconds(objects.moment(available, "lastTransitionTime"), now)
        return refusals.cause(message, lasted)
    if _is_false(available) and available.get("reason") == "NotOwned":
        return Cause(f"Knative cannot make it: {shortened(message)}", hopeless=True)
    return None


def is_overdue(revision: Manifest) -> str | None:
    """How long it may take to get ready, in words, where Knative says that it took longer."""
    found = objects.condition(revision, "ResourcesAvailable")
    if not _is_false(found) or found.get("reason") != _DEADLINE:
        return None
    limit = objects.annotation(revision, LIMIT)
    return f"for {limit.removesuffix('s')} s" if limit.endswith("s") else "for as long as Knative waits"


def of_template(service: Manifest, changed: datetime | None, now: datetime) -> Cause:
    """Why Knative has no revision of a template yet.

    Args:
        service: The InferenceService.
        changed: When its template was last changed, as far as that is known.
        now: The time, in UTC.
    """
    found = objects.condition(service, "PredictorConfigurationReady")
    message = objects.text(found, "message")
    said = re.match(r"Revision creation failed with message: (.*)", message, re.DOTALL)
    since = objects.moment(found, "lastTransitionTime")
    if _is_false(found) and said and not is_stale(since, changed, now):
        words = shortened(said[1].rstrip("."))
        lasted = objects.seconds(since, now)
        return refusals.known(words, lasted) or Cause(f"Knative cannot make a revision of it: {words}")
    age = objects.seconds(changed, now)
    if age >= UNMADE:
        return Cause(f"KServe and Knative have made nothing of it for {age:.0f} s", _CONTROLLERS)
    return Cause("Knative makes a revision of it", trouble=False)


def is_stale(said: datetime | None, changed: datetime | None, now: datetime) -> bool:
    """Whether something was said of a template before this one.

    The same refusal of the next one does not change the time of the first, so it is believed after a while.
    """
    is_new = objects.seconds(changed, now) < UNMADE
    return said is not None and changed is not None and said < changed and is_new


def _is_false(condition: Condition) -> bool:
    return objects.text(condition, "status") == "False"


def _unresolved(message: str) -> Cause:
    quoted = re.search(r'image "([^"]+)"', message)
    said = shortened(
        re.sub(r'^Unable to fetch image "[^"]*": (failed to resolve image to digest: )?', "", message)
    )
    found = by_rules(_RULES, message, image=quoted[1] if quoted else "it", said=said)
    return found or Cause("Knative cannot find its image")


def _left(revision: Manifest, taken: Condition) -> str:
    """What Knative kept of how a container ended, or of why there was no place for it."""
    reason, message = objects.text(taken, "reason"), objects.text(taken, "message")
    text = "Knative has given it up"
    if reason == _DEADLINE:
        return f"{text}: it was not ready {is_overdue(revision) or 'in time'}"
    if not reason.startswith("ExitCode"):
        return f"{text}: {shortened(message) or reason}"
    written = message.removeprefix("Container failed with: ")
    said = last_words.said(written.splitlines())
    how = f"its container ended with exit code {reason.removeprefix('ExitCode')}"
    return f"{text}: {said or f'{how}: {shortened(written)}'}"
