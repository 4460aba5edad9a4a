"""Why an image is not there: what the container runtime and the registry said. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from platformctl.adapters.cluster.api import objects
from platformctl.adapters.cluster.observing.causes.cause import Cause, Rule, by_rules, shortened

REASONS = (
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
)

_PULL_SECRETS = (
    "name a Secret for the registry in `pull_secrets` of the context: kubectl create secret docker-registry"
)

# Two messages have "not found" in them and mean something else, so they stand before it.
_RULES = (
    Rule(
        r"no match for platform|no matching manifest|does not match the specified platform",
        "there is no image {image} for the processors of this node: {said}",
        "build it for them: platformctl image build, or `--platform linux/amd64,linux/arm64` of your tool",
    ),
    Rule(
        r"unauthorized|authorization failed|authentication required|denied\b|\b40[13]\b|forbidden",
        "the registry does not give out {image}, or has none of that name: {said}",
        _PULL_SECRETS,
    ),
    Rule(
        r"toomanyrequests|too many requests|\b429\b|rate limit",
        "the registry lets nobody pull {image} for now: {said}",
        _PULL_SECRETS,
        None,
    ),
    Rule(
        r"no such host|connection refused|i/o timeout|timeout|deadline exceeded|no route to host"
        r"|network is unreachable|connection reset|\b50[0234]\b|EOF|server misbehaving",
        "the registry of {image} cannot be reached from the node: {said}",
        "is the name right, and may nodes connect to it? Else put the image into a registry that they reach",
        None,
    ),
    Rule(
        r"x509|certificate|HTTP response to HTTPS client",
        "the node does not trust the registry of {image}: {said}",
        "give the nodes the registry's certificate",
        None,
    ),
    Rule(r"no space left", "the node has no room for {image}: {said}", "free some of its disk", None),
    Rule(
        r"not found|manifest unknown|name unknown|does not exist|repository name not known",
        "there is no image {image}: {said}",
        "is the reference right, and was it pushed? platformctl image build --push",
    ),
    Rule(
        r"not present with pull policy of Never",
        "image {image} is not on the node, and must not be pulled (pull policy Never)",
        "load it into the nodes, or let it be pulled",
    ),
    Rule(
        r"invalid reference format|couldn't parse image|invalid image name",
        "{image} is no name of an image",
        "write registry/name:tag or registry/name@sha256:…",
    ),
    Rule(r"signature", "the node refuses the signature of {image}: {said}"),
)


def cause(container: Mapping[str, Any], waiting: Mapping[str, Any], events: tuple[str, ...]) -> Cause:
    """Why a container has no image.

    Args:
        container: Its status.
        waiting: Its state.
        events: What the kubelet said of the pod: a back-off may not repeat why it backs off.
    """
    image = objects.text(container, "image")
    message = _whole(objects.text(waiting, "message"), events)
    said = _said(message)
    found = by_rules(_RULES, message, image=image, said=said)
    if found is not None:
        return found
    return Cause(f"image {image} is not there yet: {said}" if said else f"image {image} is not there yet")


def _whole(message: str, events: tuple[str, ...]) -> str:
    """The message; where it is only that one waits, what was said before that."""
    if message.startswith("Back-off") and ": " not in message.removeprefix("Back-off pulling image"):
        return next((event for event in reversed(events) if "Failed to pull image" in event), message)
    return message


def _said(message: str) -> str:
    """The registry's own words: without what the kubelet and containerd put before them."""
    for before in (
        r"^Back-off pulling image \"[^\"]*\":? ?",
        r"^Failed to pull image \"[^\"]*\": ",
        r"^(ErrImagePull|RegistryUnavailable): ",
        r"^rpc error: code = \w+ desc = ",
        r"^failed to pull and unpack image \"[^\"]*\": ",
        r"^failed to resolve reference \"[^\"]*\": ",
        r"^failed to do request: ",
    ):
        message = re.sub(before, "", message)
    return shortened(message)
