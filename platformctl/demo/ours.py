"""What is the demo's and what is a person's own. Pure, but for the record of what was trained."""

import json
from collections.abc import Iterator
from pathlib import Path

from platformctl.demo.trained import MODEL, Trained
from platformctl.domain.errors import Refused
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Phase, Rollout


def is_there(rollout: Rollout) -> bool:
    """Whether there is a deployment, in whatever state."""
    return rollout.phase is not Phase.EMPTY or bool(rollout.history)


def refuse_strangers(rollout: Rollout, trained: frozenset[str]) -> None:
    """Refuse to touch a deployment of the demo's name that has anything but the demo's models.

    Args:
        rollout: The deployment's.
        trained: The ids of all models that a demo has logged into this home's registry.

    Raises:
        Refused: It is a person's own.
    """
    strangers = [r.id for r in _revisions(rollout) if r.model.model_id not in trained]
    if strangers:
        raise Refused(
            f"there is a deployment {MODEL!r} with {strangers[0]}, which is not the demo's",
            hint="let the demo have a folder of its own: "
            "platformctl demo --home ~/platformctl-demo --port 8790 --mlflow-port 8791",
        )


def _revisions(rollout: Rollout) -> Iterator[Revision]:
    if rollout.stable:
        yield rollout.stable
    if rollout.candidate:
        yield rollout.candidate.revision
    yield from rollout.previous


class Record:
    """The ids of the models that demos have logged, in a file of the demo's folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "trained.json"

    def read(self) -> frozenset[str]:
        """All of them. A file that is not there or not whole names none: nothing is then the demo's."""
        try:
            return frozenset(json.loads(self._file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return frozenset()

    def add(self, trained: Trained) -> None:
        """Remember one more."""
        ids = sorted(self.read() | {trained.model_id})
        whole = self._file.with_suffix(".tmp")
        whole.write_text(json.dumps(ids), "utf-8")
        whole.replace(self._file)
