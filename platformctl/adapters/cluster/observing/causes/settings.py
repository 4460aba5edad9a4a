"""Why a container cannot be made or started: what it refers to, and what the image is. Pure."""

from collections.abc import Mapping
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened

REASONS = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreStartHookError",
    "PostStartHookError",
)
STARTS = ("StartError", "ContainerCannotRun")
"""The same, as the reason of an end."""

APPEARS = 30.0
"""Seconds in which what is missing may still be made by whoever makes it."""

_OWN_USER = "give its Dockerfile a numeric user: USER 10001"

_RULES = (
    Rule(
        r"(secret|configmap) \"([^\"]+)\" not found",
        "{1} {2} is missing",
        "make it in the same namespace: kubectl create {1} … {2}",
        APPEARS,
    ),
    Rule(
        r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?(\S+)",
        "{2} {3} has no key {1}",
        "add it: kubectl edit {2} {3}",
        APPEARS,
    ),
    Rule(r"non-numeric user", "the image names its user, and only a number shows it is not root", _OWN_USER),
    Rule(r"image will run as root", "the image runs as root, which is not allowed here", _OWN_USER),
    Rule(
        r"exec format error",
        "the image is for other processors than this node's",
        "build it for them, or choose nodes with spec.resources.nodeSelector: {{kubernetes.io/arch: arm64}}",
    ),
    Rule(
        r"exec: \"?([^\":]+)\"?: .*(executable file not found|no such file)",
        "the image has no program {1}",
        "its ENTRYPOINT must be there; or the arguments of it are wrong",
    ),
    Rule(
        r"exec: \"?([^\":]+)\"?: .*permission denied",
        "{1} of the image must not be run",
        "make it executable for everybody: chmod 755",
    ),
    Rule(r"no command specified", "the image does not say what to run", "give its Dockerfile an ENTRYPOINT"),
    Rule(r"read-only file system", "the image writes to its own root: {said}", "let it write to /tmp only"),
)


def cause(container: Mapping[str, Any], state: Mapping[str, Any], lasted: float) -> Cause:
    """Why a container was not made, or did not start.

    Args:
        container: Its status.
        state: The state that says so.
        lasted: Seconds since the pod was given its node.
    """
    message = objects.text(state, "message")
    said = shortened(message) or objects.text(state, "reason")
    found = by_rules(_RULES, message, lasted, said=said)
    return found or Cause(f"container {objects.text(container, 'name')} cannot be made: {said}")


def not_started(name: str, message: str) -> Cause:
    """Why a container that was made could not be started: what it is told to run.

    Args:
        name: The container's.
        message: What the runtime said, or the program itself.
    """
    found = by_rules(_RULES, message, APPEARS, said=shortened(message))
    return found or Cause(f"container {name} cannot be started: {shortened(message)}", hopeless=True)
