"""What platformctl does on a cluster: each verb on each kind, in one table. The Roles are made of it."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import Kind
from platformctl.domain.cluster import Mode, Shape

_WORKERS = 8
_JSON = {"content-type": "application/json"}

NAMED, ELSEWHERE, EVERYWHERE = "namespace", "elsewhere", "cluster"
"""In the namespace that is deployed to; in another one; on the whole cluster."""


@dataclass(frozen=True)
class Right:
    """Verbs on one kind, and what they are for.

    Args:
        subresource: Of the kind: `log`, `proxy`.
        scope: Where: NAMED, ELSEWHERE or EVERYWHERE.
        place: The namespace of ELSEWHERE; "" is the Gateway's. (Proxies in another one need theirs there.)
        needed: Whether nothing goes without it; else `why` says what is missing then.
        mode: In which one of KServe's modes; None: in each.
    """

    kind: Kind
    verbs: tuple[str, ...]
    why: str
    subresource: str = ""
    scope: str = NAMED
    place: str = ""
    needed: bool = True
    mode: Mode | None = None

    @property
    def resource(self) -> str:
        """As RBAC has it."""
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural

    @property
    def full_resource(self) -> str:
        """As `kubectl create role --resource` has it."""
        group = f".{self.kind.group}" if self.kind.group else ""
        return f"{self.kind.plural}{group}" + (f"/{self.subresource}" if self.subresource else "")


_APPLY = ("get", "list", "create", "patch", "delete")
_STANDARD, _KNATIVE = Mode.STANDARD, Mode.KNATIVE
_SERVING = "knative-serving"

RIGHTS: Sequence[Right] = (
    Right(kinds.INFERENCE_SERVICE, _APPLY, "a revision"),
    Right(kinds.HTTP_ROUTE, ("get", "list"), "which deployments are in Standard mode"),
    Right(
        *(kinds.HTTP_ROUTE, ("create", "patch", "delete")),
        "the route, and the rollout that is recorded on it",
        mode=_STANDARD,
    ),
    Right(
        *(kinds.CONFIG_MAP, _APPLY),
        "the settings of a model server, the last lines of one that is gone, the rollout in Knative mode",
    ),
    Right(kinds.DISRUPTION_BUDGET, ("create", "patch"), "evictions that leave replicas"),
    Right(kinds.SERVICE_ACCOUNT, ("create", "patch"), "the credentials of the store"),
    Right(
        *(kinds.SERVICE, ("create", "patch"), "a transformer that finds all replicas of its predictor"),
        mode=_STANDARD,
    ),
    Right(kinds.LEASE, ("get", "create", "update", "delete"), "one writer at a time"),
    Right(kinds.DEPLOYMENT, ("list",), "whether a revision is ready"),
    Right(kinds.POD, ("list", "delete"), "whether a replica is ready; to start anew one that has failed"),
    Right(kinds.REPLICA_SET, ("list", "delete"), "to start anew a revision none of whose replicas starts"),
    Right(kinds.AUTOSCALER, ("list",), "what an autoscaler wants"),
    Right(kinds.GATEWAY, ("get",), "where requests come through", scope=ELSEWHERE, mode=_STANDARD),
    Right(
        *(kinds.BACKEND_TRAFFIC_POLICY, ("create", "patch"), "what Envoy Gateway may repeat"),
        needed=False,
        mode=_STANDARD,
    ),
    Right(
        *(kinds.INFERENCE_SERVICE, ("patch",), "what KServe would go back to by itself", "status"),
        mode=_KNATIVE,
    ),
    Right(kinds.KNATIVE_SERVICE, ("get",), "which weights are served", mode=_KNATIVE),
    Right(
        *(
            kinds.KNATIVE_REVISION,
            ("list", "patch", "delete"),
            "whether a revision is ready, and its scale",
        ),
        mode=_KNATIVE,
    ),
    Right(kinds.KINGRESS, ("get",), "where requests come through", mode=_KNATIVE),
    Right(kinds.SERVICE_ACCOUNT, ("list", "delete"), "those of a revision that is gone", mode=_KNATIVE),
    Right(kinds.DISRUPTION_BUDGET, ("list", "delete"), "those of a revision that is gone", mode=_KNATIVE),
    Right(kinds.EVENT, ("list",), "why a pod does not start", needed=False),
    Right(kinds.POD, ("get",), "logs", "log", needed=False),
    Right(kinds.POD, ("get",), "figures, and what a server says of itself", "proxy", needed=False),
    Right(kinds.SECRET, ("get",), "whether credentials are there", needed=False),
    Right(kinds.SERVICE_ACCOUNT, ("get",), "whether it is there", needed=False),
    Right(
        *(kinds.POD, ("get", "create"), "predictions where the Gateway cannot be reached", "portforward"),
        scope=ELSEWHERE,
        needed=False,
    ),
    Right(kinds.CONFIG_MAP, ("get",), "KServe's mode", scope=ELSEWHERE, place="kserve", needed=False),
    Right(kinds.DEPLOYMENT, ("list",), "KServe's version", scope=ELSEWHERE, place="kserve", needed=False),
    Right(kinds.NAMESPACE, ("get",), "Pod Security", scope=EVERYWHERE, needed=False),
    Right(kinds.STORAGE_CONTAINER, ("list",), "what can be downloaded", scope=EVERYWHERE, needed=False),
    Right(kinds.HTTP_ROUTE, ("list",), "whether a host is taken", scope=EVERYWHERE, needed=False),
    Right(kinds.SERVICE, ("list",), "the Gateway's Service", scope=EVERYWHERE, needed=False),
    Right(kinds.NODE, ("list",), "free GPUs", scope=EVERYWHERE, needed=False),
    Right(kinds.POD, ("list",), "free GPUs, the Gateway's pods", scope=EVERYWHERE, needed=False),
    Right(
        *(kinds.DEPLOYMENT, ("list",), "whether Knative Serving is at work"),
        scope=ELSEWHERE,
        place=_SERVING,
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.CONFIG_MAP, ("list",), "what Knative takes, and what its queue-proxy asks for"),
        scope=ELSEWHERE,
        place=_SERVING,
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.QUOTA, ("list",), "whether a quota lets Knative's pods in"),
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.LIMIT_RANGE, ("list",), "the same"),
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.SERVICE, ("get",), "the Service of Knative's ingress"),
        scope=EVERYWHERE,
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.KINGRESS, ("list",), "whether Knative's ingress is at work"),
        scope=EVERYWHERE,
        needed=False,
        mode=_KNATIVE,
    ),
    Right(
        *(kinds.CUSTOM_RESOURCE, ("get",), "whether KServe was started before Knative came"),
        scope=EVERYWHERE,
        needed=False,
        mode=_KNATIVE,
    ),
)


def of(*modes: Mode) -> list[Right]:
    """The rights that deployments in these modes take."""
    return [right for right in RIGHTS if right.mode is None or right.mode in modes]


@dataclass(frozen=True)
class Lacking:
    """A right that we do not have.

    Args:
        verbs: Those of it that are refused.
    """

    right: Right
    verbs: tuple[str, ...]


def lacking(api: Api, shape: Shape, rights: Sequence[Right]) -> list[Lacking]:
    """Ask the cluster which of these it would refuse us.

    Raises:
        Unreachable: It does not answer.
    """
    questions = [(right, verb) for right in rights for verb in right.verbs]
    with ThreadPoolExecutor(_WORKERS) as pool:
        allowed = list(pool.map(lambda asked: _may(api, asked[0], asked[1], shape), questions))
    refused: dict[Right, tuple[str, ...]] = {}
    for (right, verb), may in zip(questions, allowed, strict=True):
        if not may:
            refused[right] = (*refused.get(right, ()), verb)
    return [Lacking(right, verbs) for right, verbs in refused.items()]


def _may(api: Api, right: Right, verb: str, shape: Shape) -> bool:
    attributes = {
        "verb": verb,
        "group": right.kind.group,
        "resource": right.kind.plural,
        "subresource": right.subresource,
        "namespace": namespace_of(right, shape),
    }
    review = kinds.ACCESS_REVIEW
    body = {
        "apiVersion": review.api_version,
        "kind": review.name,
        "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
    }
    found = api.raw("POST", review.path(), body=json.dumps(body).encode(), headers=_JSON)
    try:
        return bool(json.loads(found.body)["status"]["allowed"])
    except (ValueError, KeyError, TypeError):
        return False


def namespace_of(right: Right, shape: Shape) -> str:
    """Where a right is needed; "": on the whole cluster."""
    if right.scope == NAMED:
        return shape.namespace
    return (right.place or shape.gateway.namespace) if right.scope == ELSEWHERE else ""
