"""The ports of a cluster. Imported only where one is meant."""

import importlib.metadata
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.by_mode import ByMode, Choice
from platformctl.adapters.cluster.checking import checks
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import new_mode
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.adapters.cluster.target import ClusterTarget
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.adapters.cluster.traffic.serving import Traffic
from platformctl.adapters.prometheus.metrics import PrometheusMetrics
from platformctl.adapters.system import SystemClock
from platformctl.domain.cluster import Mode, Shape
from platformctl.domain.cluster_options import AUTO, shape
from platformctl.domain.progress import Said
from platformctl.domain.settings import Settings
from platformctl.ports import Registry, Reporter, Target
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
    standard = ClusterTarget(api, known, Traffic(api, known.gateway), holder, takes_over=takes_over)

    def knative() -> Target:
        # Here, as `status` of a deployment in Standard mode must not pay for it.
        from platformctl.adapters.cluster.knative.target import KnativeTarget
        from platformctl.adapters.cluster.knative.traffic import KnativeTraffic

        traffic = KnativeTraffic(api)
        made = KnativeTarget(
            *(api, known, traffic, holder),
            takes_over=takes_over,
            timeout=timeout,
            say=lambda text: reporter.event(Said(text)),
        )
        made.listed = standard.listed  # whom the counters ask
        return made

    return World(
        target=ByMode(api, {Mode.STANDARD: lambda: standard, Mode.KNATIVE: knative}, _choice(settings, api)),
        registry=models,
        lease=ClusterLease(api),
        counters=ClusterCounters(api, settings.cluster.prometheus, listed=standard.listed),
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
    """`kube context prod-eu, namespace models`, and the mode that is chosen. Reads kubeconfig, asks nobody.

    Raises:
        SpecError: There is no kubeconfig, or no such context in it.
    """
    api = api_of(settings)
    mode = chosen_mode(settings)
    chosen = f", {mode.capitalize()} mode for new deployments" if mode else ""
    return f"kube context {api.place.context}, namespace {api.namespace}{chosen}"


def checked(settings: Settings) -> Sequence[Check]:
    """What the cluster is, and what it should be.

    Raises:
        SpecError: There is no kubeconfig, or no such context in it.
        Unreachable: It does not answer, or does not know us.
    """
    api = api_of(settings)
    return checks.all_of(api, shape_of(settings, api), chosen_mode(settings))


def chosen_mode(settings: Settings) -> Mode | None:
    """The mode that is chosen for new deployments; None: the cluster's default."""
    return None if settings.mode.value == AUTO else Mode(settings.mode.value)


def _choice(settings: Settings, api: Api) -> Choice:
    return Choice(chosen_mode(settings), settings.mode.origin, lambda: new_mode(api))
