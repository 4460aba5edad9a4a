"""The predictor: a kserve.Model, and nothing of platformctl's."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kserve
from kserve.errors import InvalidInput


class Scorecard(kserve.Model):
    """Adds up points.

    Args:
        name: The model's name.
        model_dir: The folder with card.json. A constructor without it is fine too.
    """

    def __init__(self, name: str, model_dir: str) -> None:
        super().__init__(name)
        self._card = Path(model_dir) / "card.json"
        self._base = 0.0
        self._points: dict[str, float] = {}

    def load(self) -> bool:
        """Read the card. What is raised here ends the server with exit code 65, before it is ready."""
        card = json.loads(self._card.read_text(encoding="utf-8"))
        self._base, self._points = card["base"], card["points"]
        self.ready = True
        return self.ready

    def predict(self, payload: dict[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Score the rows.

        A plain function is called by one thread, one call at a time. `async def` would be awaited.

        Raises:
            InvalidInput: A row does not fit; the caller gets it as a 400. Anything else is a 500.
        """
        del headers  # x-request-id, traceparent and their like
        return {"predictions": [self._score(row) for row in payload["instances"]]}

    def _score(self, row: dict[str, Any]) -> float:
        missing = self._points.keys() - row
        if missing:
            raise InvalidInput(f"missing: {', '.join(sorted(missing))}")
        return float(self._base + sum(points * row[name] for name, points in self._points.items()))
