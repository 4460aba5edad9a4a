import pytest

from platformctl.adapters.cluster.traffic.acceptance import Acceptance, acceptance
from platformctl.domain.cluster import Gateway
from tests.cluster_traffic.values import FALSE, GATEWAY, route, said

pytestmark = pytest.mark.quick


def test_a_route_that_all_is_well_with() -> None:
    seen = route(said("Accepted", generation=3), said("ResolvedRefs", generation=3), generation=3)
    assert acceptance(seen, GATEWAY) == Acceptance(accepted=True)


def test_nobody_has_looked_at_it() -> None:
    assert acceptance(route(), GATEWAY).accepted is None


def test_another_gateways_word_does_not_count() -> None:
    seen = acceptance(route(said("Accepted")), Gateway("kserve", "other"))
    assert (seen.accepted, "kserve/other" in seen.why) == (None, True)


def test_a_gateway_named_without_a_namespace_is_in_the_routes() -> None:
    seen = route(said("Accepted"))
    del seen["status"]["parents"][0]["parentRef"]["namespace"]
    assert acceptance(seen, Gateway("shop", GATEWAY.name)).accepted


def test_what_was_said_of_an_older_generation_does_not_count() -> None:
    assert acceptance(route(said("Accepted", generation=2), generation=3), GATEWAY).accepted is None


def test_a_refusal_says_why() -> None:
    refused = said("Accepted", FALSE, reason="NotAllowedByListeners", message="namespace shop is not let in")
    seen = acceptance(route(refused), GATEWAY)
    assert seen.accepted is False
    assert "NotAllowedByListeners: namespace shop is not let in" in seen.why


def test_a_backend_that_is_not_there_is_told_of_and_is_no_refusal() -> None:
    absent = said("ResolvedRefs", FALSE, reason="BackendNotFound", message="service churn-v4 not found")
    seen = acceptance(route(said("Accepted"), absent), GATEWAY)
    assert seen.accepted
    assert "service churn-v4 not found" in seen.why
