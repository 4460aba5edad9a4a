"""Names of deployments and revisions: DNS-1123, and short enough for what is appended to them."""

import re
import unicodedata
from typing import NewType

from platformctl.domain.errors import SpecError

Name = NewType("Name", str)
"""The name of a deployment: a DNS-1123 label that starts with a letter."""

RevisionId = NewType("RevisionId", str)
"""The name of a revision: `{deployment}-v{version}-{six hex digits}`."""

NAME_PATTERN = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"

# A Kubernetes label, and so the host `{revision}-transformer`, holds 63 characters. Of those a
# revision needs `-v99999-3f9a1c` (14) and KServe's longest component suffix `-transformer` (12).
# What KServe makes of that name besides (a label, a host with the namespace) may need more: rendering
# and the checks of a cluster look at the revision itself, and mostly it has a shorter version.
NAME_LIMIT = 63 - 14 - 12

_NAME = re.compile(NAME_PATTERN)


def name(text: str, field: str = "metadata.name") -> Name:
    """Return `text` as a deployment's name.

    Raises:
        SpecError: It is not a DNS-1123 label that starts with a letter, or is too long once suffixed.
    """
    if not _NAME.fullmatch(text):
        suggestion = suggest(text)
        raise SpecError(
            f"{text!r} is not a name: lower-case letters, digits and '-', starting with a letter",
            field=field,
            hint=f"use {suggestion!r}" if suggestion else "use a name such as 'churn'",
        )
    if len(text) > NAME_LIMIT:
        raise SpecError(
            f"{text!r} has {len(text)} characters; with the version, digest and component that are "
            f"appended only {NAME_LIMIT} fit into a Kubernetes label",
            field=field,
            hint=f"use {suggest(text)!r}",
        )
    return Name(text)


def suggest(text: str) -> str:
    """Map any text (spaces, dots, unicode) to the nearest valid name; "" if nothing is left of it.

    Two texts may map to one name: whoever maps must refuse that.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    dashed = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower())
    return re.sub(r"^[^a-z]+", "", dashed)[:NAME_LIMIT].strip("-")


def deployment_of(revision: RevisionId) -> Name:
    """The deployment that a revision is named after: `churn` of `churn-v4-3f9a1c`."""
    return Name(revision.rsplit("-", 2)[0])
