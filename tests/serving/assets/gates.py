"""Predictors that do what their rows say, and write down each call."""

import json
import time
from pathlib import Path
from typing import Any

import kserve


class Gate(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """Waits at `wait:NAME` until the file NAME.open is there, raises at `raise`, answers with the row.

    `calls` in its folder has a line of JSON for each call as it begins, `ends` one as it ends.
    """

    def __init__(self, name: str, model_dir: str) -> None:
        super().__init__(name)
        self.folder = Path(model_dir)
        self.ready = True

    def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        rows = payload["instances"]
        self._note("calls", {"rows": rows, "headers": headers or {}})
        try:
            for row in rows:
                if isinstance(row, str) and row.startswith("wait:"):
                    self._wait(row.removeprefix("wait:"))
            if "raise" in rows:
                raise RuntimeError("a bad row")
        finally:
            self._note("ends", rows)
        return {"predictions": rows}

    def _wait(self, name: str) -> None:
        (self.folder / f"{name}.reached").touch()
        while not (self.folder / f"{name}.open").exists():
            time.sleep(0.005)

    def _note(self, name: str, what: object) -> None:
        with (self.folder / name).open("a") as log:
            log.write(json.dumps(what) + "\n")


class Short(Gate):
    """Forgets a row where there are several."""

    def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        answer = super().predict(payload, headers)
        return {"predictions": answer["predictions"][:1]}


class Slowly(Gate):
    """A coroutine."""

    async def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        return super().predict(payload, headers)


class Headed(Gate):
    """Answers with headers of its own, as its row says."""

    def __init__(self, name: str, model_dir: str) -> None:
        super().__init__(name, model_dir)
        self.required_response_headers = True

    def predict(  # type: ignore[override]  # kserve calls it so where it is asked to
        self,
        payload: dict[str, Any],
        headers: dict[str, str],  # noqa: ARG002 kserve's signature
        response_headers: dict[str, str],
    ) -> Any:
        response_headers.update(payload["instances"][0])
        return {"predictions": ["done"]}
