from datetime import UTC, datetime
from pathlib import Path

import pytest

from platformctl.demo.ours import Record, is_there, refuse_strangers
from platformctl.demo.trained import Trained
from platformctl.domain.errors import Refused
from platformctl.domain.names import Name
from platformctl.domain.revision import ModelVersion, Revision
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.domain.rollout import Record as Line

pytestmark = pytest.mark.quick

OURS = frozenset({"m-1", "m-2"})


def revision(model_id: str | None) -> Revision:
    version = ModelVersion(model="churn", version="4", model_id=model_id, uri=f"/models/{model_id}")
    return Revision(deployment=Name("churn"), model=version)


def rollout(stable: str | None, candidate: str | None = None, previous: tuple[str, ...] = ()) -> Rollout:
    return Rollout(
        phase=Phase.PREPARING if candidate else Phase.STEADY,
        stable=revision(stable),
        candidate=Candidate(revision=revision(candidate), goal=10) if candidate else None,
        previous=tuple(map(revision, previous)),
    )


def test_what_demos_have_deployed_is_the_demos() -> None:
    refuse_strangers(rollout("m-1", "m-2", ("m-1",)), OURS)


def test_no_deployment_is_nobodys() -> None:
    refuse_strangers(Rollout(), OURS)
    assert not is_there(Rollout())


@pytest.mark.parametrize(
    "theirs",
    [rollout("m-9"), rollout("m-1", "m-9"), rollout("m-1", None, ("m-9",)), rollout(None)],
    ids=["stable", "candidate", "previous", "a model without an id"],
)
def test_one_revision_of_another_model_is_a_persons_own(theirs: Rollout) -> None:
    with pytest.raises(Refused, match="which is not the demo's") as refused:
        refuse_strangers(theirs, OURS)
    assert refused.value.hint is not None
    assert "platformctl demo --home" in refused.value.hint


def test_a_deployment_that_failed_to_start_is_there_all_the_same() -> None:
    line = Line(at=datetime(2026, 1, 1, tzinfo=UTC), event="deploy")
    assert is_there(Rollout(history=(line,)))


def test_the_record_keeps_the_models_of_all_demos(tmp_path: Path) -> None:
    assert Record(tmp_path).read() == frozenset()
    for model_id in ("m-1", "m-2", "m-1"):
        Record(tmp_path).add(Trained("1", model_id, "a title", 0.8))
    assert Record(tmp_path).read() == OURS


def test_a_record_that_is_not_whole_makes_nothing_the_demos(tmp_path: Path) -> None:
    (tmp_path / "trained.json").write_text('["m-1"')
    assert Record(tmp_path).read() == frozenset()
