"""What Envoy Gateway is told to repeat: requests of which no server has seen a byte.

Without it a request that meets a pod which has just died is lost, until the gateway hears of the death.
Gateway API has no such rule: its `retry` repeats by status, whether or not a model was asked. Other gateways
have rules of their own.
"""

from platformctl.adapters.cluster.api import Api
from platformctl.adapters.cluster.kinds import BACKEND_TRAFFIC_POLICY, HTTP_ROUTE
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.manifests import MANAGED_BY, MANAGER, Manifest

NAME = "platformctl"
"""One for all deployments of a namespace."""


def policy(namespace: str) -> Manifest:
    """The policy for all our routes of a namespace."""
    routes = {
        "group": HTTP_ROUTE.group,
        "kind": HTTP_ROUTE.name,
        "matchLabels": {MANAGED_BY: MANAGER},
    }
    retry = {
        "numRetries": 2,
        "retryOn": {"triggers": ["connect-failure", "refused-stream", "reset-before-request"]},
        "perRetry": {"backOff": {"baseInterval": "5ms", "maxInterval": "20ms"}},
    }
    return {
        "apiVersion": BACKEND_TRAFFIC_POLICY.api_version,
        "kind": BACKEND_TRAFFIC_POLICY.name,
        "metadata": {"name": NAME, "namespace": namespace, "labels": {MANAGED_BY: MANAGER}},
        "spec": {"targetSelectors": [routes], "retry": retry},
    }


def ensure(api: Api) -> bool:
    """Make sure that our routes have it, where Envoy Gateway is what reads them.

    Returns:
        False: The cluster has no such policies, or does not let us: nothing is repeated.
    """
    try:
        api.apply(policy(api.namespace))
    except PlatformctlError:
        return False
    return True
