import pytest

from platformctl.adapters.cluster.traffic.counters import Heard, entrances
from platformctl.domain.counts import Counts
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import RevisionId

pytestmark = pytest.mark.quick

_V1 = RevisionId("churn-v1-aaaaaa")


def _heard(*requests: int) -> int:
    heard = Heard()
    for one in requests:
        heard = heard.and_now(Counts(requests=one))
    return heard.before.requests + heard.last.requests


@pytest.mark.parametrize(
    ("said", "total"), [((), 0), ((3, 7), 7), ((7, 7), 7), ((7, 2), 9), ((7, 2, 5), 12), ((7, 0, 4, 1), 12)]
)
def test_fewer_than_before_is_another_life(said: tuple[int, ...], total: int) -> None:
    assert _heard(*said) == total


def _pod(revision: str, component: str, phase: str = "Running", *, started: bool = True) -> Manifest:
    labels = {REVISION: revision, "component": component}
    status = {"phase": phase, "containerStatuses": [{"started": started}]}
    return {"metadata": {"name": f"{revision}-{component}", "labels": labels}, "status": status}


def test_callers_talk_to_the_transformer_if_there_is_one() -> None:
    predictor, transformer = _pod(_V1, "predictor"), _pod(_V1, "transformer")
    assert entrances([predictor], _V1) == [predictor]
    assert entrances([predictor, transformer], _V1) == [transformer]


def test_a_transformer_that_is_down_is_not_replaced_by_its_predictor() -> None:
    down = _pod(_V1, "transformer", started=False)
    assert entrances([_pod(_V1, "predictor"), down], _V1) == []


def test_what_does_not_run_or_is_anothers_is_not_asked() -> None:
    others = [_pod("churn-v2-bbbbbb", "predictor"), _pod(_V1, "predictor", "Pending")]
    assert entrances(others, _V1) == []
