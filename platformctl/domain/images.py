"""Images: what decides what is in one, and how it is named."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from platformctl.domain.errors import SpecError

LABEL = "io.platformctl.recipe"
"""The label that tells which recipe an image was made by."""

NOWHERE = "localhost"
"""The prefix of an image that stays on the machine that built it."""

PYTHONS = ("3.11", "3.12", "3.13")
"""What the model servers run on; stock images have the first."""

_TAG_DIGITS = 12
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is in an image, and nothing else.

    Args:
        kind: What it does: `predictor`, `transformer`, `storage` or `model`.
        dockerfile: Its path in the build's context.
        base: The image that it is built on.
        source: A digest of the context: the servers, their lock, their Dockerfiles.
        arguments: Build arguments beside the base.
        files: What is added to the context, by path.
    """

    kind: str
    dockerfile: str
    base: str
    source: str
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    files: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def digest(self) -> str:
        """SHA-256, in hex. The same recipe has the same one everywhere."""
        content = {
            "dockerfile": self.dockerfile,
            "base": self.base,
            "source": self.source,
            "arguments": dict(self.arguments),
            "files": {path: hashlib.sha256(text).hexdigest() for path, text in self.files.items()},
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def tag(self) -> str:
        """A tag that says the recipe: models with the same requirements share an image."""
        return self.digest[:_TAG_DIGITS]


def base(python: str) -> str:
    """The image that is built on if nobody names another one."""
    return f"docker.io/library/python:{python}-slim-bookworm"


def reference(prefix: str, kind: str, tag: str) -> str:
    """`ghcr.io/team/platformctl-predictor:0.1.0`.

    Raises:
        SpecError: No image can be named so, or its tag would move.
    """
    if not _PREFIX.fullmatch(prefix):
        raise SpecError(
            f"{prefix!r} is not where an image can be: a registry's host, then a path, in lower case",
            field="--prefix",
            hint="--prefix ghcr.io/your-team",
        )
    if not _TAG.fullmatch(tag):
        raise SpecError(
            f"{tag!r} is not a tag: letters, digits, '_', '.' and '-', at most 128",
            field="--tag",
            hint="--tag 1.0.0",
        )
    if tag == "latest":
        raise SpecError(
            "the tag latest says nothing, and Kubernetes pulls it at each start",
            field="--tag",
            hint="leave --tag out: the tag is then the version, or the digest of the requirements",
        )
    return f"{prefix}/platformctl-{kind}:{tag}"
