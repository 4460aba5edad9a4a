"""Why the API server makes no pod: what it told the controller that asked for one. Pure."""

import re

from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened
from platformctl.adapters.cluster.observing.causes.settings import APPEARS

QUOTA_PATIENCE = 60.0
"""Seconds in which other pods may end and give back what they had."""

_RULES = (
    Rule(
        r"exceeded quota: ([^,]+), (requested: .*)",
        "quota {1} of the namespace is used up: {2}",
        "kubectl describe quota; platformctl prune, or lower spec.resources or spec.scaling",
        QUOTA_PATIENCE,
    ),
    Rule(
        r"failed quota: ([^:]+): must specify (.*queue-proxy.*)",
        "quota {1} of the namespace wants {2}",
        "ConfigMap config-deployment in knative-serving names them: queue-sidecar-cpu-request, …-cpu-limit, "
        "…-memory-request, …-memory-limit",
    ),
    Rule(
        r"failed quota: ([^:]+): must specify (.*)",
        "quota {1} of the namespace wants {2}",
        "kubectl describe quota",
    ),
    Rule(
        r"violates PodSecurity \"([^\"]+)\": (seccompProfile \([^(]*\"storage-initializer\" must .*)",
        "Pod Security {1} of the namespace does not allow it: {2}",
        "KServe's container that downloads models has no seccompProfile: platformctl doctor has the command",
    ),
    Rule(
        r"violates PodSecurity \"([^\"]+)\": (.*)",
        "Pod Security {1} of the namespace does not allow it: {2}",
        "an image of one's own must run as a numeric user that is not root; platformctl doctor",
    ),
    Rule(
        r"((?:maximum|minimum) \S+ usage per (?:Container|Pod) is .*?)(?:\]|$)",
        "a limit range of the namespace does not allow it: {1}",
        "kubectl describe limitrange; change spec.resources",
    ),
    Rule(
        r"service ?account \"?([^\"\s]+?)\"? not found",
        "service account {1} is missing",
        "make it: kubectl create serviceaccount {1}; or change service_account of the context",
        APPEARS,
    ),
    Rule(
        r"no PriorityClass with name (\S+) was found",
        "there is no PriorityClass {1}",
        "kubectl get priorityclass",
    ),
    Rule(
        r"failed calling webhook \"([^\"]+)\".*?(?:: ([^:]+(?:: [^:]+)?))$",
        "webhook {1} does not answer, and no pod is made without it: {2}",
        "is what it belongs to running? kubectl get mutatingwebhookconfigurations",
        None,
    ),
    Rule(
        r"admission webhook \"([^\"]+)\" denied the request:? ?(.*)",
        "webhook {1} refuses it: {2}",
    ),
    Rule(
        r"ValidatingAdmissionPolicy '([^']+)'.*? denied request: (.*)",
        "policy {1} of the cluster does not allow it: {2}",
    ),
    Rule(r"because it is being terminated", "the namespace is being deleted"),
    Rule(r"is invalid: (.*)", "the pod is not valid: {1}"),
)


def cause(message: str, lasted: float) -> Cause:
    """Why no pod is made.

    Args:
        message: What the controller was told.
        lasted: Seconds since it was first told so.
    """
    said = re.sub(r"^(Error creating: )?pods \"[^\"]*\" is forbidden: ", "", message)
    return known(said, lasted) or Cause(f"no pod can be made: {shortened(said)}")


def known(message: str, lasted: float) -> Cause | None:
    """The same of any object; None if the reason is none that is known."""
    return by_rules(_RULES, shortened(message, 500), lasted)
