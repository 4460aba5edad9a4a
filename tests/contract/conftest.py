"""One fixture a port, run over every implementation, and a deployment's life around a test."""

import inspect
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest

from platformctl.domain.names import Name
from platformctl.domain.observed import ABSENT
from platformctl.domain.rollout import Phase, Rollout
from platformctl.ports import Clock, Target
from tests.cluster.fixture import cluster, knative, kubeconfig, node
from tests.cluster.models import models, stack
from tests.contract.harness import LeaseHarness, RegistryHarness, TargetHarness
from tests.contract.implementations import CLOCKS, LEASES, REGISTRIES, TARGETS

__all__ = ["cluster", "knative", "kubeconfig", "models", "node", "stack"]

H = TypeVar("H")
Start = Callable[..., AbstractContextManager[H]]

_numbers = itertools.count(1)


def _start(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> Iterator[H]:
    start: Start[H] = request.param
    needed = [*inspect.signature(start).parameters][1:]
    given = {name: request.getfixturevalue(name) for name in needed}
    with start(folders.mktemp("contract"), **given) as harness:
        yield harness


@pytest.fixture(scope="session", params=TARGETS)
def targets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TargetHarness]:
    yield from _start(request, tmp_path_factory)


@pytest.fixture(scope="session", params=REGISTRIES)
def registries(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryHarness]:
    yield from _start(request, tmp_path_factory)


@pytest.fixture(scope="session", params=LEASES)
def leases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LeaseHarness]:
    yield from _start(request, tmp_path_factory)


@pytest.fixture(scope="session", params=CLOCKS)
def clock(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    yield from _start(request, tmp_path_factory)


@pytest.fixture
def name(targets: TargetHarness) -> Iterator[Name]:
    """A name that no other test has; what it leaves under that name is removed."""
    fresh = Name(f"case-{next(_numbers)}")
    yield fresh
    clear(targets.target, fresh)


def clear(target: Target, name: Name) -> None:
    """Remove a deployment with all its revisions, as `delete` does."""
    seen = target.observe(name)
    if seen.route.weights:
        target.commit(name, seen.route.model_copy(update={"weights": {}}), _GONE, seen.token)
    for revision in seen.revisions:
        target.remove(revision)
    if seen.token != ABSENT:
        target.forget(name, target.observe(name).token)


_GONE = Rollout(phase=Phase.DELETING)
