"""HTTPRoutes as they come back from a cluster."""

from collections.abc import Mapping
from typing import Any

from platformctl import render
from platformctl.adapters.cluster.state import recorded as state
from platformctl.domain import manifests
from platformctl.domain.cluster import Images, Shape
from platformctl.domain.names import RevisionId
from platformctl.domain.rollout import Rollout
from tests.fakes.values import CHURN

SHAPE = Shape(
    namespace="ml", images=Images(predictor="example/predictor:1", transformer="example/transformer:1")
)


def recorded(
    rollout: Rollout, live: Mapping[RevisionId, str] | None = None, *, number: int = 1, by: str = "ada"
) -> dict[str, Any]:
    """The HTTPRoute of `churn` with that state."""
    services = live if live is not None else {one: f"{one}-predictor" for one in rollout.route.weights}
    made = dict(render.route(CHURN, rollout.route, rollout, services, SHAPE))
    annotations = {**made["metadata"]["annotations"], manifests.COMMIT: state.commit(number, by)}
    server = {"uid": "1b7e", "resourceVersion": "77", "annotations": annotations}
    return {**made, "metadata": {**made["metadata"], **server}}
