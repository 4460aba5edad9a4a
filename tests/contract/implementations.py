"""Every implementation that is held to the contract of its port. Add yours to the list of its port.

An entry is a function `(folder) -> context manager of its harness`, its id, and its tier. What
else it takes are fixtures.
"""

import pytest

from tests.contract.cluster_harness import cluster_lease, cluster_target, knative_target
from tests.contract.fake_harness import fake_clock, fake_lease, fake_registry, fake_target
from tests.contract.local_harness import local_lease, local_target, system_clock
from tests.contract.mlflow_harness import rest_registry, store_registry

TARGETS = [
    pytest.param(fake_target, id="fake", marks=pytest.mark.quick),
    pytest.param(local_target, id="local", marks=pytest.mark.quick),
    pytest.param(cluster_target, id="cluster", marks=[pytest.mark.full, pytest.mark.cluster]),
    pytest.param(knative_target, id="knative", marks=[pytest.mark.full, pytest.mark.cluster]),
]

REGISTRIES = [
    pytest.param(fake_registry, id="fake", marks=pytest.mark.quick),
    pytest.param(rest_registry, id="mlflow-rest", marks=pytest.mark.quick),
    pytest.param(store_registry, id="mlflow-store", marks=pytest.mark.quick),
]

LEASES = [
    pytest.param(fake_lease, id="fake", marks=pytest.mark.quick),
    pytest.param(local_lease, id="local", marks=pytest.mark.quick),
    pytest.param(cluster_lease, id="cluster", marks=[pytest.mark.full, pytest.mark.cluster]),
]

CLOCKS = [
    pytest.param(fake_clock, id="fake", marks=pytest.mark.quick),
    pytest.param(system_clock, id="system", marks=pytest.mark.quick),
]
