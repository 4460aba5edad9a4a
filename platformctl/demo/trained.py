"""What the demo's training tells, without importing what it needs."""

import json
from dataclasses import dataclass
from pathlib import Path

MODEL = "churn"
"""The registered model, and the deployment."""

ALIASES = ("champion", "challenger", None)
"""The alias of the first, second and third version."""

TRAFFIC_ROWS = 500

REFUSED, ALONE = 3, 4
"""Exit codes of the training: the registry holds something of a person's own under the demo's name; whoever
started it has ended without saying where the registry is."""


@dataclass(frozen=True)
class Trained:
    """A version in the registry.

    Args:
        version: Its number, as text.
        model_id: MLflow's id of the logged model.
        title: What is special about it.
        auc: Area under the ROC curve on customers that no version has seen.
    """

    version: str
    model_id: str
    title: str
    auc: float


def parse(line: str) -> Trained:
    """Read one line of the training's output."""
    return Trained(**json.loads(line))


def traffic_file(folder: Path) -> Path:
    """Customers of today, to be sent by `predict --input`."""
    return folder / "customers.csv"
