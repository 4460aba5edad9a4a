"""What `deploy --auto` says will happen."""

import pytest

from platformctl.domain.policy import RolloutPolicy
from platformctl.plan import policies

pytestmark = pytest.mark.quick


def _policy(**said: object) -> RolloutPolicy:
    return RolloutPolicy.model_validate(said)


def test_without_a_word_it_is_the_default() -> None:
    assert policies.told(_policy()) == [
        "1 %, 10 %, 25 %, 50 % for 1 min and 10 requests each, then 100 %; then it is watched for 10 min",
        "goes back by itself if errors, latency or 4xx are worse; wrong in at most 1 of 100 rollouts",
    ]


def test_steps_that_are_not_alike_are_told_apart() -> None:
    steps = [
        1,
        {"weight": 10, "hold": "1h30m", "minRequests": 2000},
        {"weight": 50, "hold": "2h", "gate": "manual"},
        100,
    ]
    assert policies.taken(_policy(steps=steps)) == (
        "1 % for 1 min and 10 requests, then 10 % for 1 h 30 min and 2,000 requests, "
        "then 50 % for 2 h and 10 requests, until a person approves, then 100 %"
    )
    assert policies.taken(_policy(steps=[100])) == "100 %"


QUERY = {"name": "revenue", "query": "revenue{revision}", "min": 1}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"onFail": "pause", "alpha": 0.05},
            "pauses if errors, latency or 4xx are worse; wrong in at most 1 of 20 rollouts",
        ),
        (
            {"gates": {"errors": False, "clientErrors": False}},
            "goes back by itself if latency is worse; wrong in at most 1 of 100 rollouts",
        ),
        (
            {"gates": {"latency": False, "queries": [QUERY]}},
            (
                "goes back by itself if errors or 4xx are worse; wrong in at most 1 of 100 rollouts; "
                "also if revenue is out of its range"
            ),
        ),
        (
            {"gates": {"errors": False, "latency": False, "clientErrors": False, "queries": [QUERY]}},
            "goes back by itself if revenue is out of its range",
        ),
        (
            {"gates": {"errors": False, "latency": False, "clientErrors": False}},
            "it is judged by nothing but whether it answers: it goes back if it does not",
        ),
    ],
)
def test_what_takes_it_back_is_named(said: dict[str, object], told: str) -> None:
    assert policies.told(_policy(**said))[1] == told


@pytest.mark.parametrize(
    ("alpha", "told"), [(0.2, "1 of 5"), (0.15, "1 of 6"), (0.07, "1 of 14"), (0.0001, "1 of 10,000")]
)
def test_the_chance_is_never_told_to_be_less_than_it_is(alpha: float, told: str) -> None:
    assert policies.told(_policy(alpha=alpha))[1].endswith(f"; wrong in at most {told} rollouts")


def test_what_is_assumed_goes_by_the_gates() -> None:
    assert policies.assumed(_policy(gates={"errors": {"unit": "window"}})) == [
        "assumes that requests fail independently of each other (latency and 4xx); unit: window does not",
        "counted by windows, so that bursts may be: errors",
    ]
    assert policies.assumed(_policy(gates={"errors": False, "latency": False, "clientErrors": False})) == []


def test_without_a_bake_it_is_said_that_nobody_watches() -> None:
    assert policies.told(_policy(bake="0s"))[0].endswith("then 100 %; it is not watched then")
