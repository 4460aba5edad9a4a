"""What Envoy Gateway is told to repeat: requests of which no server has seen a byte.

Without it a request that meets a pod which has just died is lost, until the gateway hears of the death.
Gateway API has no such rule: its `retry` repeats by status, whether or not a model was asked. Other gateways
have rules of their own.
"""

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import BACKEND_TRAFFIC_POLICY, HTTP_ROUTE
from platformctl.adapters.cluster.api.objects import label, name, text, uid
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import DEPLOYMENT, Manifest, labels
from platformctl.domain.names import Name

_RETRIES = 5
"""A dead server has the fewest requests under way, so that Envoy's balancing prefers it: two were too few."""

_TRIGGERS = ("connect-failure", "refused-stream", "reset-before-request")


def policy(route: Manifest) -> Manifest:
    """The policy for one route of ours, with which it goes."""
    target = {"group": HTTP_ROUTE.group, "kind": HTTP_ROUTE.name, "name": name(route)}
    owner = {**_reference(route), "uid": uid(route)}
    return {
        "apiVersion": BACKEND_TRAFFIC_POLICY.api_version,
        "kind": BACKEND_TRAFFIC_POLICY.name,
        "metadata": {
            "name": name(route),
            "namespace": text(route, "metadata", "namespace"),
            "labels": labels(Name(label(route, DEPLOYMENT))),
            "ownerReferences": [owner],
        },
        "spec": {
            "targetRefs": [target],
            "retry": {
                "numRetries": _RETRIES,
                "retryOn": {"triggers": list(_TRIGGERS)},
                "perRetry": {"backOff": {"baseInterval": "5ms", "maxInterval": "20ms"}},
            },
        },
    }


def ensure(api: Api, route: Manifest) -> bool:
    """Make sure that a route has it, where the cluster knows such policies.

    Returns:
        False: It does not, or does not let us: nothing is repeated.
    """
    try:
        api.apply(policy(route))
    except PlatformctlError:
        return False
    return True


def _reference(route: Manifest) -> dict[str, str]:
    return {"apiVersion": HTTP_ROUTE.api_version, "kind": HTTP_ROUTE.name, "name": name(route)}
