import pytest

from platformctl.adapters.cluster.knative.kingress import unserved
from tests.cluster_knative_traffic import values
from tests.cluster_knative_traffic.values import CLASS, said

pytestmark = pytest.mark.quick


def test_one_that_is_not_there() -> None:
    assert unserved(None) == "Knative has made no ingress for it yet"


def test_one_that_no_controller_has_looked_at_names_its_class() -> None:
    assert unserved(values.ingress()) == (
        f"no controller of the class {CLASS} has looked at its ingress: it may not be installed"
    )


def test_one_without_a_class() -> None:
    assert unserved({}) == "no controller has looked at its ingress: it may not be installed"


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (
            (
                said("NetworkConfigured", "False", reason="NoGateway", message="gw is not there"),
                said("Ready", "False"),
            ),
            " (NoGateway: gw is not there)",
        ),
        (
            (said("NetworkConfigured"), said("LoadBalancerReady", "Unknown", reason="Uninitialized")),
            " (Uninitialized)",
        ),
        ((said("NetworkConfigured"), said("LoadBalancerReady"), said("Ready")), ""),
    ],
)
def test_one_that_is_not_served_says_what_its_controller_says(
    conditions: tuple[dict[str, str], ...], why: str
) -> None:
    one = values.ingress(conditions=conditions)
    assert unserved(one) == f"its ingress of the class {CLASS} is not served{why}"
