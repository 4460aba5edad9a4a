"""What the stand-in for Knative's ingress writes, as Envoy Gateway reads it: a cluster is named by numbers.

The shares of a Knative Service change in any way; any change may be given up half way, for a newer one.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cluster.knative_ingress import routing
from tests.cluster.knative_ingress.routing import PROBED, Unsupported, Way

pytestmark = pytest.mark.quick

Route = Mapping[str, Any]
Clusters = Mapping[tuple[int, int], str]

GATEWAY = "kserve/gateway"
HOSTS = ["hello.ns.svc.cluster.local", "hello.ns.example.com"]

shares = st.dictionaries(
    st.sampled_from(["r1", "r2", "r3", "r4"]), st.integers(1, 100), min_size=1, max_size=3
)
changes = st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=12)
"""Each with whether it comes to its end."""


def ingress(generation: int, percents: Mapping[str, int], **path: Any) -> dict[str, Any]:
    splits = [
        {
            "serviceName": name,
            "serviceNamespace": "ns",
            "servicePort": 80,
            "percent": percent,
            "appendHeaders": {"Knative-Serving-Revision": name},
        }
        for name, percent in percents.items()
    ]
    rules = [{"hosts": [host], "http": {"paths": [{"splits": splits, **path}]}} for host in HOSTS]
    metadata = {"name": "hello", "namespace": "ns", "uid": "1", "generation": generation}
    version = "networking.internal.knative.dev/v1alpha1"
    return {"apiVersion": version, "kind": "Ingress", "metadata": metadata, "spec": {"rules": rules}}


def way_of(ingress: Mapping[str, Any]) -> Way:
    [way] = routing.ways(ingress)
    return way


def clusters(route: Route) -> Clusters:
    """What Envoy Gateway makes a cluster of, by the numbers that name it."""
    return {
        (number, index): backend["name"]
        for number, rule in enumerate(route["spec"]["rules"])
        for index, backend in enumerate(rule.get("backendRefs", []))
    }


def live_rules(route: Route) -> list[int]:
    """Those that take a request without the header that only probes send."""
    rules = enumerate(route["spec"]["rules"])
    return [number for number, rule in rules if any("headers" not in match for match in rule["matches"])]


def served(route: Route) -> Mapping[str, int]:
    """The backends of requests, and their shares."""
    [number] = live_rules(route)
    return {backend["name"]: backend["weight"] for backend in route["spec"]["rules"][number]["backendRefs"]}


def used(route: Route) -> Clusters:
    """The clusters that requests go to."""
    return {at: name for at, name in clusters(route).items() if at[0] in live_rules(route)}


def assert_undisturbed(before: Route | None, after: Route) -> None:
    """No cluster that requests are on the way to has another meaning afterwards, or is gone."""
    if before is not None:
        assert used(before).items() <= clusters(after).items()


@given(changes)
def test_whatever_changes(changes: list[tuple[Mapping[str, int], bool]]) -> None:
    route: Route | None = None
    for generation, (percents, ends) in enumerate(changes):
        way = way_of(ingress(generation, percents))
        if routing.unchanged(way, route):
            assert served(route or {}) == percents
            continue
        if not routing.in_place(way, route):
            warm = routing.warming(way, route, GATEWAY)
            assert_undisturbed(route, warm)
            assert live_rules(warm) == ([] if route is None else live_rules(route))
            fresh = clusters(warm).items() - clusters(route or {"spec": {"rules": []}}).items()
            if route is not None:  # what is prepared takes numbers that stood for nothing
                assert not {at for at, _ in fresh} & set(clusters(route))
            assert routing.warming(way, warm, GATEWAY) == warm
            route = warm
        if ends:
            switched = routing.switched(way, route, GATEWAY)
            assert_undisturbed(route, switched)
            assert used(switched).items() <= clusters(route or switched).items()
            assert served(switched) == percents
            assert routing.live_generation(switched) == way.generation
            assert routing.unchanged(way_of(ingress(generation + 1, percents)), switched)
            route = switched


@given(shares)
def test_probes_tell_each_backend_and_each_generation(percents: Mapping[str, int]) -> None:
    way = way_of(ingress(1, percents))
    [rule] = [rule for rule in routing.warming(way, None, GATEWAY)["spec"]["rules"] if "backendRefs" in rule]
    set_by = [backend["filters"][0]["requestHeaderModifier"]["set"] for backend in rule["backendRefs"]]
    marks = [header["value"] for headers in set_by for header in headers if header["name"] == PROBED]
    assert marks == way.marks
    assert len(set(marks)) == len(percents)
    assert {backend["weight"] for backend in rule["backendRefs"]} == {1}


def test_a_backend_without_a_share_is_not_there() -> None:
    [way] = routing.ways(ingress(1, {"r1": 100, "r2": 0}))
    assert [split["serviceName"] for split in way.splits] == ["r1"]
    assert way.hosts == HOSTS


@pytest.mark.parametrize(
    "path", [{"path": "/v1"}, {"headers": {"a": {"exact": "b"}}}, {"rewriteHost": "other"}]
)
def test_what_is_left_out_is_refused(path: Mapping[str, Any]) -> None:
    with pytest.raises(Unsupported):
        routing.ways(ingress(1, {"r1": 100}, **path))
