"""Plans as short as a test needs them."""

from collections.abc import Sequence
from typing import Any

from platformctl_transformers import Expected, FeatureTransformer, Rules, plan

SHOP = (
    Expected("age", "long"),
    Expected("income", "double"),
    Expected("plan", "string"),
    Expected("note", "string", required=False),
)


def transformer(expected: Sequence[Expected] | None = SHOP, **rules: Any) -> FeatureTransformer:
    return FeatureTransformer("churn", plan(Rules(**rules), expected))


def rows(model: FeatureTransformer, *given: object) -> list[Any]:
    """The rows that go to the predictor."""
    made: list[Any] = model.preprocess({"instances": list(given)})["instances"]
    return made
