"""The test cluster with a deployment in Knative mode, and one that sleeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.cluster.stage import SPEC, Ground, folder, furnish, namespaces, registered, running
from tests.cluster import knative, stack

_VERSIONS = 3
_MODE = 'mode = "knative"\n'
_AWAKE, _SLEEPS = "{}", "{min: 0, max: 1}"


@dataclass(frozen=True)
class KnativeStage(Ground):
    """The ground of Knative mode: version 1 of three serves.

    Args:
        sleeper: A namespace for a deployment that may go to sleep, by `sleeper.yaml`.
    """

    sleeper: Ground


@contextmanager
def knative_stage() -> Iterator[KnativeStage]:
    """The stage; all of it is removed at the end, and a cluster that was up stays up, with Knative on it."""
    with running() as cluster, folder() as place, namespaces(cluster, 2) as (awake, sleeping):
        knative.ensure_apart(cluster)
        found = stack.of(cluster)
        sleeper = Ground(cluster, found, place, sleeping)
        one = KnativeStage(cluster, found, place, awake, sleeper)
        model = registered(one, _VERSIONS, _MODE)
        for file, ground, scaling in (("churn.yaml", one, _AWAKE), ("sleeper.yaml", sleeper, _SLEEPS)):
            furnish(ground, ground.namespace)
            (place / file).write_text(SPEC.format(model=model, scaling=scaling))
        one.platformctl("-n", awake, "deploy", "-f", "churn.yaml")
        yield one
