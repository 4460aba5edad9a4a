"""Short ways to say what most tests need: a spec, a revision, a state."""

from collections.abc import Mapping

from platformctl.domain.deployment import Metadata, ModelDeployment, Promotion, Spec
from platformctl.domain.names import Name
from platformctl.domain.revision import ModelVersion, Revision
from platformctl.domain.rollout import Candidate, Phase, Rollout
from platformctl.domain.scaling import Scaling

CHURN = Name("churn")


def wanted(  # noqa: PLR0913 - each by name, as a spec has them
    name: str = CHURN,
    *,
    keep: int = 1,
    canary: int | None = None,
    replicas: tuple[int, int] = (1, 1),
    cpu: int | None = None,
    alias: str | None = None,
) -> ModelDeployment:
    """A spec of that deployment; `replicas`: at least and at most; `cpu`: the target in percent."""
    scaling = Scaling(min=replicas[0], max=replicas[1], cpu=cpu)
    spec = Spec(keep=keep, canary=canary, scaling=scaling, promotion=Promotion(alias=alias))
    return ModelDeployment(metadata=Metadata(name=name), spec=spec)


def revision(version: int, name: Name = CHURN) -> Revision:
    """The revision of a deployment that serves that version of the model of its name."""
    model = ModelVersion(model=name, version=str(version), uri=f"/artifacts/{name}/{version}")
    return Revision(deployment=name, model=model)


def steady(stable: Revision, *previous: Revision, keep: int = 1) -> Rollout:
    """A state in which `stable` has everything."""
    spec = wanted(stable.deployment, keep=keep)
    return Rollout(phase=Phase.STEADY, wanted=spec, stable=stable, previous=previous)


def canary(stable: Revision, candidate: Revision, share: int) -> Rollout:
    """A state in which `candidate` has `share` percent."""
    on_its_way = Candidate(revision=candidate, goal=share, share=share)
    return Rollout(phase=Phase.CANARY, wanted=wanted(stable.deployment), stable=stable, candidate=on_its_way)


def without_times(rollout: Rollout) -> Mapping[str, object]:
    """What a state says, without when, and without how it came about."""
    return rollout.model_dump(exclude={"history": True, "since": True, "rejected": {"__all__": {"at"}}})
