"""One writer at a time, by courtesy."""

from datetime import timedelta

import pytest

from platformctl.domain.errors import Conflict
from platformctl.domain.names import Name
from tests.contract.harness import LeaseHarness

_TTL = timedelta(minutes=1)


def test_who_comes_second_hears_who_was_first(leases: LeaseHarness) -> None:
    grant = leases.lease.acquire(Name("churn"), "deploy (ada)", _TTL)
    with pytest.raises(Conflict) as conflict:
        leases.another.acquire(Name("churn"), "promote (bob)", _TTL)
    leases.lease.release(grant)
    assert "deploy (ada)" in conflict.value.owner
    assert "deploy (ada)" in str(conflict.value)


def test_one_client_does_not_get_it_twice(leases: LeaseHarness) -> None:
    grant = leases.lease.acquire(Name("twice"), "deploy (ada)", _TTL)
    with pytest.raises(Conflict):
        leases.lease.acquire(Name("twice"), "deploy (ada)", _TTL)
    leases.lease.release(grant)


def test_a_grant_says_what_was_granted(leases: LeaseHarness) -> None:
    grant = leases.lease.acquire(Name("granted"), "deploy (ada)", _TTL)
    assert (grant.name, grant.holder) == ("granted", "deploy (ada)")
    leases.lease.release(grant)


def test_what_was_given_back_is_anybodys(leases: LeaseHarness) -> None:
    leases.lease.release(leases.lease.acquire(Name("free"), "deploy (ada)", _TTL))
    leases.another.release(leases.another.acquire(Name("free"), "promote (bob)", _TTL))


def test_giving_back_twice_takes_it_from_nobody(leases: LeaseHarness) -> None:
    old = leases.lease.acquire(Name("once"), "deploy (ada)", _TTL)
    leases.lease.release(old)
    theirs = leases.another.acquire(Name("once"), "promote (bob)", _TTL)
    leases.lease.release(old)
    assert "promote (bob)" in (leases.lease.holder(Name("once")) or "")
    with pytest.raises(Conflict):
        leases.lease.acquire(Name("once"), "deploy (ada)", _TTL)
    leases.another.release(theirs)


def test_deployments_have_leases_of_their_own(leases: LeaseHarness) -> None:
    mine = leases.lease.acquire(Name("mine"), "deploy (ada)", _TTL)
    theirs = leases.another.acquire(Name("theirs"), "deploy (bob)", _TTL)
    leases.lease.release(mine)
    leases.another.release(theirs)


def test_everybody_can_see_who_has_it(leases: LeaseHarness) -> None:
    assert leases.another.holder(Name("seen")) is None
    grant = leases.lease.acquire(Name("seen"), "deploy (ada)", _TTL)
    assert "deploy (ada)" in (leases.another.holder(Name("seen")) or "")
    leases.lease.release(grant)
    assert leases.another.holder(Name("seen")) is None


def test_a_lease_ends_with_the_process_of_its_holder(leases: LeaseHarness) -> None:
    leases.abandon(Name("orphaned"))
    leases.lease.release(leases.lease.acquire(Name("orphaned"), "deploy (ada)", _TTL))
