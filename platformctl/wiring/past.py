"""Where figures of the past come from. Opens no target: of a cluster it needs the namespace."""

from platformctl.adapters.cluster.traffic.history import PrometheusHistory
from platformctl.domain.settings import Settings


def history(settings: Settings, address: str | None) -> PrometheusHistory:
    """Return the Prometheus at that address; None: the one that the settings mean.

    Raises:
        SpecError: A cluster is meant, and kubeconfig does not say which.
    """
    return PrometheusHistory(address or settings.cluster.prometheus, _namespace(settings))


def _namespace(settings: Settings) -> str | None:
    if settings.target.value != "cluster":
        return None
    from platformctl.wiring import cluster  # who works locally need not pay for it

    return cluster.api_of(settings).namespace
