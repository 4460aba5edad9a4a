"""The ports of a cluster. Imported only where one is meant."""

import importlib.metadata
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.checking import checks
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.adapters.cluster.target import ClusterTarget
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.adapters.prometheus.metrics import PrometheusMetrics
from platformctl.adapters.system import SystemClock
from platformctl.domain.cluster import Shape
from platformctl.domain.cluster_options import shape
from platformctl.domain.settings import Settings
from platformctl.ports import Registry, Reporter
from platformctl.usecases.world import World


def world(  # noqa: PLR0913 - what a world is made of
    settings: Settings,
    models: Registry,
    reporter: Reporter,
    timeout: timedelta,
    *,
    holder: str,
    fingerprint: Callable[[str], str],
    takes_over: bool,
) -> World:
    """Return the ports of the cluster that the settings mean. Reads kubeconfig, and asks nobody yet.

    Raises:
        SpecError: There is no kubeconfig, or no such context in it.
    """
    api = api_of(settings)
    known = shape_of(settings, api)
    holder = f"{holder} on {socket.gethostname()}"  # whoever finds our lease may be elsewhere
    target = ClusterTarget(api, known, Traffic(api, known.gateway), holder, takes_over=takes_over)
    return World(
        target=target,
        registry=models,
        lease=ClusterLease(api),
        counters=ClusterCounters(api, settings.cluster.prometheus, listed=target.listed),
        metrics=PrometheusMetrics(settings.cluster.prometheus),
        reporter=reporter,
        clock=SystemClock(),
        fingerprint=fingerprint,
        holder=holder,
        timeout=timeout,
    )


def api_of(settings: Settings) -> Api:
    """Return the API of that cluster."""
    file = settings.kubeconfig.value
    access = Access(str(file) if file else None, settings.kube_context.value)
    return open_api(access, settings.namespace.value)


def shape_of(settings: Settings, api: Api) -> Shape:
    """Return what is known of it; the namespace may be kubeconfig's."""
    return shape(settings.cluster, api.namespace, importlib.metadata.version("platformctl"))


def where(settings: Settings) -> str:
    """`kube context prod-eu, namespace models`. Reads kubeconfig, and asks nobody.

    Raises:
        SpecError: There is no kubeconfig, or no such context in it.
    """
    api = api_of(settings)
    return f"kube context {api.place.context}, namespace {api.namespace}"


def checked(settings: Settings) -> Sequence[Check]:
    """What the cluster is, and what it should be.

    Raises:
        SpecError: There is no kubeconfig, or no such context in it.
        Unreachable: It does not answer, or does not know us.
    """
    api = api_of(settings)
    return checks.all_of(api, shape_of(settings, api))
