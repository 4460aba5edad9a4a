"""What is recorded of a deployment: in two annotations of its HTTPRoute, or in a ConfigMap. Pure.

The rollout is the truth. The route stands in an HTTPRoute's spec too, where the gateway reads it; who edits
that by hand is told, and the next commit puts it back. The token is the number of the commit and the object's
uid, not its resource version: that changes whenever the gateway writes its status. A commit is still one
compare-and-set by resource version: who finds it stale, and the token as it was, tries again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from platformctl.adapters.cluster.api.objects import annotation, entries, label, mapping, name, text, uid
from platformctl.adapters.cluster.state import rules
from platformctl.domain import manifests
from platformctl.domain.errors import Refused, StateCorrupt
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Severity, Summary, Token
from platformctl.domain.rollout import SCHEMA_VERSION, Rollout
from platformctl.domain.route import Route

ANNOTATIONS_LIMIT = 256 * 1024
"""Bytes of all annotations of an object together, as the API server counts them."""

_SLACK = 4 * 1024
_LONGEST_NAME = 500


@dataclass(frozen=True)
class Recorded:
    """What is recorded.

    Args:
        number: Of the commit; each is one more than the last.
        by: Who made it, in words.
        manifest: The object that holds it.
    """

    number: int
    by: str
    rollout: Rollout
    manifest: Manifest

    @property
    def token(self) -> Token:
        """What the next commit must show."""
        return Token(f"{uid(self.manifest)}/{self.number}")

    @property
    def version(self) -> str:
        """The resource version of what was read."""
        return text(self.manifest, "metadata", "resourceVersion")

    @property
    def route(self) -> Route:
        """The committed route."""
        return self.rollout.route

    def share(self, revision: RevisionId) -> int:
        """The revision's share, recorded or edited by hand, whichever is more."""
        return max(self.route.share(revision), rules.weights(self.manifest).get(revision, 0))


def read(manifest: Manifest) -> Recorded:
    """Read what an object records.

    Raises:
        Refused: It is not ours, or a newer platformctl wrote it.
        StateCorrupt: It cannot be read. It stays as it is.
    """
    if not is_ours(manifest):
        raise not_ours(manifest)
    commit = _json(manifest, manifests.COMMIT)
    try:
        number, by = int(commit["number"]), str(commit["by"])
    except (KeyError, TypeError, ValueError) as error:
        raise corrupt(manifest, manifests.COMMIT, str(error)) from error
    return Recorded(number, by, rollout(manifest), manifest)


def rollout(manifest: Manifest) -> Rollout:
    """The rollout that an object records; raises as `read` does."""
    version = _json(manifest, manifests.COMMIT).get("schemaVersion")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise Refused(
            f"the state of {label(manifest, manifests.DEPLOYMENT)} has schema version {version}; "
            f"this platformctl reads up to {SCHEMA_VERSION}",
            hint="upgrade platformctl",
        )
    try:
        return Rollout.model_validate_json(_text(manifest, manifests.ROLLOUT))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise corrupt(manifest, manifests.ROLLOUT, reason) from error


def summary(manifest: Manifest) -> Summary:
    """The deployment in a list, also where what is recorded cannot be read."""
    deployment = Name(label(manifest, manifests.DEPLOYMENT))
    try:
        found = rollout(manifest)
    except (StateCorrupt, Refused) as error:
        return Summary(deployment, Route(), Rollout(), problem=error.message)
    return Summary(deployment, found.route, found)


def commit(number: int, by: str) -> str:
    """What says that a commit was made, and by whom: the annotation beside the rollout."""
    said = {"schemaVersion": SCHEMA_VERSION, "number": number, "by": by[:_LONGEST_NAME]}
    return json.dumps(said, ensure_ascii=False)


def room(current: Manifest | None) -> int:
    """The bytes that a rollout may take beside the annotations of others."""
    ours = {manifests.COMMIT, manifests.ROLLOUT}
    others = mapping(current, "metadata", "annotations").items() if current is not None else ()
    taken = sum(_bytes(key) + _bytes(str(value)) for key, value in others if key not in ours)
    return ANNOTATIONS_LIMIT - _SLACK - taken


def written(rollout: Rollout) -> str:
    """A rollout, as rendering writes it."""
    return rollout.model_dump_json(exclude_defaults=True)


def fitted(rollout: Rollout, limit: int) -> Rollout:
    """The same rollout in at most `limit` bytes.

    What goes first: the oldest half of the history, again and again; then the previous revisions that are
    not kept warm; then the rejections, the oldest half again and again. What serves, what is on its way and
    what is wanted always stays.

    Raises:
        Refused: That alone is too large.
    """
    while _bytes(written(rollout)) > limit:
        keep = rollout.wanted.spec.keep if rollout.wanted else 1
        if rollout.history:
            update: dict[str, Any] = {"history": _newer_half(rollout.history)}
        elif len(rollout.previous) > keep:
            update = {"previous": rollout.previous[:keep]}
        elif rollout.rejected:
            update = {"rejected": _newer_half(rollout.rejected)}
        else:
            raise Refused(
                f"the spec of this deployment is too large: {_bytes(written(rollout)) // 1024} KiB, where an "
                f"annotation holds {limit // 1024}",
                field="spec",
                hint="shorten the transformer's features, or put them into an image: platformctl image build",
            )
        rollout = rollout.model_copy(update=update)
    return rollout


def findings(recorded: Recorded) -> tuple[Finding, ...]:
    """What is wrong with the object, beside what the gateway says of it."""
    found = rules.weights(recorded.manifest)
    if found == dict(recorded.route.weights):
        return ()
    return (
        Finding(
            Severity.WARNING,
            f"the weights were edited by {editor(recorded.manifest)}: {_shares(found)}, where "
            f"{_shares(recorded.route.weights)} is recorded",
            field=f"HTTPRoute {name(recorded.manifest)}: spec.rules",
            hint="`--force-conflicts` on the next change puts them back; "
            "promote, rollback and deploy --canary N are the ways to change them",
        ),
    )


def is_ours(manifest: Manifest) -> bool:
    """Whether platformctl made it."""
    return label(manifest, manifests.MANAGED_BY) == manifests.MANAGER


def not_ours(manifest: Manifest) -> Refused:
    """An object has the name that ours needs."""
    kind = manifest["kind"]
    return Refused(
        f"there is {kind} {name(manifest)}, which {editor(manifest)} made: platformctl leaves it alone",
        field="metadata.name",
        hint=f"give the deployment another name, or remove that {kind}",
    )


def editor(manifest: Manifest) -> str:
    """The field manager that is not us and wrote last, in words."""
    managed = [
        entry for entry in entries(manifest, "metadata", "managedFields") if not entry.get("subresource")
    ]
    others = [entry for entry in managed if entry.get("manager") != manifests.MANAGER]
    latest = max(others, key=lambda entry: str(entry.get("time", "")), default=None)
    return str(latest.get("manager")) if latest else "somebody"


def corrupt(manifest: Manifest, key: str, reason: str) -> StateCorrupt:
    """The record cannot be read."""
    where = f"key {_key(key)}" if _is_plain(manifest) else f"annotation {key}"
    there = f"{manifest['kind'].lower()} {name(manifest)} -n {text(manifest, 'metadata', 'namespace')}"
    return StateCorrupt(
        f"the state of {label(manifest, manifests.DEPLOYMENT)} cannot be read: {where}: {reason}",
        hint=f"repair it with kubectl edit {there}; what serves goes on meanwhile",
    )


def _json(manifest: Manifest, key: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_text(manifest, key))
    except ValueError as error:
        missing = not _text(manifest, key)
        raise corrupt(manifest, key, "it is not there" if missing else str(error)) from error
    if not isinstance(found, dict):
        raise corrupt(manifest, key, "it is no JSON object")
    return found


def _text(manifest: Manifest, key: str) -> str:
    return text(manifest, "data", _key(key)) if _is_plain(manifest) else annotation(manifest, key)


def _key(key: str) -> str:
    """Of a ConfigMap, whose keys have no place for a domain."""
    return key.rpartition("/")[2]


def _is_plain(manifest: Manifest) -> bool:
    """Whether the object is there for the record alone."""
    return bool(manifest["kind"] == "ConfigMap")


def _newer_half(listed: tuple[Any, ...]) -> tuple[Any, ...]:
    return listed[len(listed) // 2 + len(listed) % 2 :]


def _bytes(value: str) -> int:
    return len(value.encode())


def _shares(weights: Mapping[RevisionId, int]) -> str:
    return ", ".join(f"{revision} {weight} %" for revision, weight in sorted(weights.items())) or "none"
