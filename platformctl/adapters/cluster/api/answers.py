"""From what an API server says no with to an error that a person can act on. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from platformctl.adapters.cluster.api import grants, kinds
from platformctl.adapters.cluster.api.kinds import Kind
from platformctl.domain.errors import Conflict, NotFound, PlatformctlError, Refused, Unreachable

_QUOTED = 300
_OTHER_VERSION = "it is of another version: `kserve` of the context says for which one we render"

_KNATIVE = ("Knative Serving", "install it: https://knative.dev/docs/install")
_INSTALL = {
    kinds.INFERENCE_SERVICE.group: (
        "KServe",
        "install it: https://kserve.github.io/website/docs/install",
    ),
    kinds.KNATIVE_SERVICE.group: _KNATIVE,
    kinds.KINGRESS.group: _KNATIVE,
    kinds.HTTP_ROUTE.group: (
        "the Gateway API",
        "install it together with a controller: https://gateway-api.sigs.k8s.io/guides",
    ),
    kinds.SCALED_OBJECT.group: ("KEDA", "install it: https://keda.sh/docs/latest/deploy"),
}


class Stale(Conflict):
    """The object was changed by somebody else since it was read."""


class AlreadyThere(Conflict):
    """The object that was to be created is there."""


class Missing(NotFound):
    """The object that was to be changed is not there."""


class UnknownKind(Refused):
    """The cluster knows no such kind: what brings it is not installed."""


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Args:
        verb: As RBAC has it: get, list, create, patch, update, delete.
        namespace: "": of a kind that has none, or in all.
        place: The cluster, in words.
        user: As whom, in words.
    """

    verb: str
    kind: Kind
    name: str
    namespace: str
    place: str
    user: str = ""

    @property
    def scope(self) -> str:
        """Where that was."""
        return f"namespace {self.namespace}" if self.namespace else "the whole cluster"

    def __str__(self) -> str:
        there = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.kind.name} {self.name}{there}" if self.name else f"{self.kind.name}s{there}"


def problem(status: int, body: bytes, asked: Asked) -> PlatformctlError:
    """What a reply whose status is no success means."""
    said = _status(body)
    if said is None:
        return _no_status(status, body, asked)
    message = str(said.get("message") or said.get("reason") or status)
    found = _by_message(message, asked)
    return found or _by_status(status, said, message, asked)


def _no_status(status: int, body: bytes, asked: Asked) -> PlatformctlError:
    """A 404 in plain text is the API server's answer for a group that it does not have."""
    text = " ".join(body.decode(errors="replace").split())
    if status == HTTPStatus.NOT_FOUND and text.startswith("404 page not found"):
        return _no_kind(asked)
    if status == HTTPStatus.UNAUTHORIZED:
        return _unknown(asked)
    told = "" if text.startswith("<") else f": {text[:_QUOTED]}"
    return Unreachable(
        f"the cluster of {asked.place} answers with {status}, and not as an API server does{told}",
        hint="is there a login page or a proxy in front of it?",
    )


def _by_message(message: str, asked: Asked) -> PlatformctlError | None:
    """What the message alone can tell: for these the status says little."""
    if found := re.search(r'admission webhook "([^"]+)" denied the request:?\s*(.*)', message, re.DOTALL):
        return Refused(
            f"{asked} was refused by the webhook {found[1]}: {_short(found[2])}",
            hint="change what it objects to; whoever runs the cluster can say why it does",
        )
    if found := re.search(r'failed calling webhook "([^"]+)":\s*(.*)', message, re.DOTALL):
        return Unreachable(
            f"{asked} needs the webhook {found[1]}, which does not answer: {_short(found[2])}",
            hint=_webhook_hint(found[1]),
        )
    if found := re.search(r"exceeded quota: ([^,]+), (.*)", message, re.DOTALL):
        return Refused(
            f"{asked} does not fit into the quota {found[1]}: {_short(found[2])}",
            field="spec.resources",
            hint=f"ask for less, remove what is not needed, or have the quota raised: kubectl describe quota "
            f"{found[1]} -n {asked.namespace}",
        )
    if found := re.search(r'violates PodSecurity "([^"]+)":\s*(.*)', message, re.DOTALL):
        return Refused(
            f"{asked} is not allowed by Pod Security {found[1]}: {_short(found[2])}",
            hint=f"see kubectl get namespace {asked.namespace} --show-labels",
        )
    # Of a custom resource an apply answers so, and with a 500.
    if found := re.search(r"failed to create typed patch object \([^)]*\): (.*)", message, re.DOTALL):
        what = f"the cluster's {asked.kind.name} is not as {asked} needs it"
        return Refused(f"{what}: {_short(found[1].removeprefix('errors:'))}", hint=_OTHER_VERSION)
    return None


def _by_status(status: int, said: Mapping[str, Any], message: str, asked: Asked) -> PlatformctlError:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return _unknown(asked)
        case HTTPStatus.FORBIDDEN:
            return _forbidden(said, message, asked)
        case HTTPStatus.NOT_FOUND:
            return _not_found(said, message, asked)
        case HTTPStatus.CONFLICT:
            return _conflict(said, message, asked)
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.BAD_REQUEST | HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _invalid(said, message, asked)
    state = "too busy" if status == HTTPStatus.TOO_MANY_REQUESTS else "out of order"
    return Unreachable(
        f"the cluster of {asked.place} is {state} ({status}): {_short(message)}",
        hint="try again; if it stays so, look at its control plane",
    )


def _unknown(asked: Asked) -> Unreachable:
    return Unreachable(
        f"the cluster of {asked.place} does not accept who we say we are (401)",
        hint=f"the credentials of {asked.user or 'the kubeconfig'} have expired or are wrong: sign in "
        "again, as your cluster's provider has it",
    )


def _forbidden(said: Mapping[str, Any], message: str, asked: Asked) -> PlatformctlError:
    causes = {cause.get("reason") for cause in _causes(said)}
    if "NamespaceTerminating" in causes:
        return Refused(
            f"namespace {asked.namespace} is being removed: nothing can be made in it",
            field="namespace",
            hint=f"choose another one, or wait until kubectl get namespace {asked.namespace} finds none",
        )
    if " cannot " not in message:  # no lack of rights: something in the cluster says no
        return Refused(f"{asked} is refused: {_short(message)}", hint="ask whoever runs the cluster")
    who = re.search(r'User "([^"]+)"', message)
    user = who[1] if who else asked.user
    return Unreachable(
        f"{user or 'nobody'} may not {asked.verb} {grants.resource(asked.kind)} in {asked.scope} (403)",
        hint=grants.commands(asked.verb, asked.kind, asked.namespace, user),
    )


def _not_found(said: Mapping[str, Any], message: str, asked: Asked) -> PlatformctlError:
    details = said.get("details") or {}
    if details.get("kind") == "namespaces" and asked.kind is not kinds.NAMESPACE:
        return NotFound(
            f"there is no namespace {asked.namespace}",
            field="namespace",
            hint=f"make it: kubectl create namespace {asked.namespace}",
        )
    if "could not find the requested resource" in message:
        return _no_kind(asked)
    return Missing(f"there is no {asked}")


def _no_kind(asked: Asked) -> UnknownKind:
    product, hint = _INSTALL.get(asked.kind.group, (f"{asked.kind.name} ({asked.kind.api_version})", ""))
    return UnknownKind(
        f"the cluster of {asked.place} is without {product}: it knows no {asked.kind.name} of "
        f"{asked.kind.api_version}",
        hint=hint or "upgrade the cluster, or choose another one with --kube-context",
    )


def _conflict(said: Mapping[str, Any], message: str, asked: Asked) -> Conflict:
    if said.get("reason") == "AlreadyExists":
        return AlreadyThere(f"{asked} is there already", owner="whoever made it")
    held = [cause for cause in _causes(said) if cause.get("reason") == "FieldManagerConflict"]
    if held:
        fields = ", ".join(str(cause.get("field", "")) for cause in held[:3])
        managers = dict.fromkeys(m[1] for c in held if (m := re.search(r'"([^"]+)"', str(c.get("message")))))
        owner = ", ".join(managers) or "another field manager"
        return Conflict(
            f"{fields} of {asked} is set by {owner}",
            owner=owner,
            field=str(held[0].get("field", "")) or None,
            hint="leave it to them, or take it over with --force-conflicts",
        )
    return Stale(
        f"{asked} was changed meanwhile: {_short(message)}", owner="another client", hint="try again"
    )


def _invalid(said: Mapping[str, Any], message: str, asked: Asked) -> Refused:
    causes = _causes(said)
    first = causes[0] if causes else {}
    told = "; ".join(
        f"{c.get('field')}: {c.get('message')}" if c.get("field") else str(c.get("message")) for c in causes
    )
    text = f"the cluster does not accept {asked}: {_short(told or message)}"
    if "unknown field" in message:
        return Refused(
            text, hint="its version knows no such field: set `kserve` of the context to its version"
        )
    return Refused(text, field=str(first["field"]) if first.get("field") else None)


def _webhook_hint(webhook: str) -> str:
    if "kserve" in webhook:
        return "is KServe's controller up? kubectl get pods -n kserve"
    if webhook.endswith("serving.knative.dev"):
        return "is Knative's webhook up? kubectl get pods -n knative-serving"
    return (
        "look at its configuration: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
    )


def _status(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" else None


def _causes(said: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    causes = (said.get("details") or {}).get("causes") or ()
    return [cause for cause in causes if isinstance(cause, dict)]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _QUOTED else f"{flat[:_QUOTED]}…"
