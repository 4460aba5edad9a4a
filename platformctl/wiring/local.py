"""The ports of one machine. Imported only where it is meant."""

from collections.abc import Callable
from datetime import timedelta

from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.adapters.local.agent import Agent, Means
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.lease import FlockLease
from platformctl.adapters.local.stack import Stack, router_of
from platformctl.adapters.local.target import LocalTarget
from platformctl.adapters.prometheus.metrics import PrometheusMetrics
from platformctl.adapters.system import SystemClock
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
) -> World:
    """Return the ports of the home that the settings mean."""
    home = Home.at(settings.home.value)
    target = LocalTarget(
        home,
        router_of(home),
        download=models.download,
        fingerprint=fingerprint,
        reporter=reporter,
        agent=Agent(home, Means(registry=settings.registry.value, prometheus=settings.cluster.prometheus)),
    )
    return World(
        target=target,
        registry=models,
        lease=FlockLease(home),
        counters=EnvoyCounters(home.envoy_admin),
        metrics=PrometheusMetrics(settings.cluster.prometheus),
        reporter=reporter,
        clock=SystemClock(),
        fingerprint=fingerprint,
        holder=holder,
        timeout=timeout,
    )


def stack(settings: Settings) -> Stack:
    """Return the local stack that the settings mean."""
    return Stack(Home.at(settings.home.value))
