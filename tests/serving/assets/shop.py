"""Classes as a user writes them."""

from pathlib import Path
from typing import Any

import kserve
from kserve.errors import InvalidInput


class Doubler(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A predictor that knows its folder."""

    def __init__(self, name: str, model_dir: str) -> None:
        super().__init__(name)
        self.factor = 0
        self.folder = Path(model_dir)

    def load(self) -> bool:
        self.factor = int((self.folder / "factor.txt").read_text())
        self.ready = True
        return self.ready

    def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:  # noqa: ARG002 kserve's signature
        return {"predictions": [value * self.factor for value in payload["instances"]]}


class Lazy(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A model whose load() does nothing."""

    def load(self) -> bool:
        return False


class Years(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A transformer: callers send a year of birth; the sync and the async handler both count."""

    def preprocess(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:  # noqa: ARG002 kserve's signature
        rows = [{**row, "age": 2024 - row["born"]} for row in payload["instances"]]
        return {"instances": rows}

    async def postprocess(
        self,
        result: dict[str, Any],
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,  # noqa: ARG002 kserve's signature
    ) -> Any:  # kserve's signature
        caller = (headers or {}).get("x-caller", "nobody")
        return {"predictions": [f"{caller}: {value}" for value in result["predictions"]]}


class Needy(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A model that wants more than it gets."""

    def __init__(self, name: str, threshold: float) -> None:
        super().__init__(name)
        self.threshold = threshold


class Explosive(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A model whose engine breaks down once the server runs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.engine = True

    async def start_engine(self) -> None:
        raise RuntimeError("the engine broke down")


class Picky(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A model that refuses what is not a number, as kserve has it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.ready = True

    def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:  # noqa: ARG002 kserve's signature
        if not all(isinstance(row, int) for row in payload["instances"]):
            raise InvalidInput("a row is a whole number")
        return {"predictions": payload["instances"]}


class Tidy(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A model that leaves a note when it is stopped."""

    def __init__(self, name: str, model_dir: str) -> None:
        super().__init__(name)
        self.folder = Path(model_dir)

    def stop(self) -> None:
        super().stop()
        (self.folder / "stopped").touch()


class NotAModel:
    """Of the wrong kind."""
