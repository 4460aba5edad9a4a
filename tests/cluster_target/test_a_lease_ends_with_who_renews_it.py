"""On a real API server: leases of holders of which nothing is known but that they renew, or do not."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import LEASE
from platformctl.adapters.cluster.api.objects import text
from platformctl.adapters.cluster.state.lease import ClusterLease
from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name

pytestmark = pytest.mark.full

_SHORT, _LONG = timedelta(seconds=1), timedelta(minutes=15)
_CHURN = Name("churn")


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _of_elsewhere(api: Api, renewed: datetime, seconds: int) -> None:
    """A lease whose holder is on another machine."""
    spec: dict[str, Any] = {"holderIdentity": "deploy (eve)", "leaseDurationSeconds": seconds}
    spec["renewTime"] = renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    api.create(
        {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": {"name": "platformctl-churn"},
            "spec": spec,
        }
    )


def _renewed(api: Api) -> str:
    return text(api.get(LEASE, "platformctl-churn"), "spec", "renewTime")


def test_a_holder_that_lives_keeps_it_beyond_its_time(api: Api) -> None:
    grant = ClusterLease(api, _SHORT).acquire(_CHURN, "deploy (ada)", _LONG)
    seen = {_renewed(api)}
    _until(lambda: len(seen | {_renewed(api)}) > 1)
    for _ in range(3):
        seen.add(_renewed(api))
        _until(lambda: _renewed(api) not in seen)
    with pytest.raises(Conflict, match=r"deploy \(ada\)"):
        ClusterLease(api).acquire(_CHURN, "promote (bob)", _LONG)
    ClusterLease(api).release(grant)
    assert api.get(LEASE, "platformctl-churn") is None


def test_one_that_is_not_renewed_is_taken_over_in_time(api: Api) -> None:
    api.get(LEASE, "platformctl-churn")  # the server's time is that of its last reply
    _of_elsewhere(api, api.transport.now, 2)
    lease = ClusterLease(api)
    assert "deploy (eve)" in (lease.holder(_CHURN) or "")
    with pytest.raises(Conflict) as conflict:
        lease.acquire(_CHURN, "promote (bob)", _LONG)
    assert "if it was killed, " in (conflict.value.hint or "")
    _until(lambda: lease.holder(_CHURN) is None)
    grant = lease.acquire(_CHURN, "promote (bob)", _LONG)
    assert "promote (bob)" in (lease.holder(_CHURN) or "")
    lease.release(grant)


def test_one_that_was_taken_over_is_not_taken_back(api: Api) -> None:
    lease = ClusterLease(api)
    grant = lease.acquire(_CHURN, "deploy (ada)", _LONG)
    api.delete(LEASE, "platformctl-churn")
    _of_elsewhere(api, api.transport.now, 60)
    lease.release(grant)
    assert "deploy (eve)" in (lease.holder(_CHURN) or "")


def test_a_lease_that_nobody_signed_is_free(api: Api) -> None:
    api.create(
        {"apiVersion": LEASE.api_version, "kind": LEASE.name, "metadata": {"name": "platformctl-churn"}}
    )
    lease = ClusterLease(api)
    assert lease.holder(_CHURN) is None
    lease.release(lease.acquire(_CHURN, "deploy (ada)", _LONG))


def test_times_are_the_servers(api: Api) -> None:
    api.get(LEASE, "platformctl-churn")
    assert abs(api.transport.now - datetime.now(UTC)) < timedelta(seconds=2)
