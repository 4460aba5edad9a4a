"""One call for several requests, and one for each where that fails."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Generic

from platformctl_predictors.outputs.result import NotByRow
from platformctl_predictors.serving.failures import has_status, model_failed
from platformctl_predictors.serving.queue.engine import Answer, Work

logger = logging.getLogger(__name__)


class SharedCalls(ABC, Generic[Work, Answer]):
    """How the engine calls a model whose rows may share a call.

    Args:
        by_row: Whether each row is computed from itself alone.
    """

    def __init__(self, *, by_row: bool) -> None:
        self.by_row = by_row

    def key(self, work: Work) -> Hashable | None:
        """Work with equal keys may share a call; None: never."""
        return self._key(work) if self.by_row else None

    def run(self, batch: Sequence[Work]) -> Sequence[Answer | Exception]:
        """One call for all; where that fails, one for each: a bad row is its own request's failure."""
        if len(batch) > 1:
            try:
                return self._together(batch)
            except NotByRow as error:
                self.by_row = False
                logger.warning("requests do not share calls of the model any more: %s", error)
            except Exception:  # whose fault it is shows below
                logger.debug("a shared call failed", exc_info=True)
        return [self._guarded(work) for work in batch]

    def _guarded(self, work: Work) -> Answer | Exception:
        try:
            return self._alone(work)
        except BaseException as error:  # noqa: BLE001 a model may raise anything, SystemExit too
            return error if has_status(error) else model_failed(error)

    @abstractmethod
    def _key(self, work: Work) -> Hashable | None:
        """What has to be equal."""

    @abstractmethod
    def _together(self, batch: Sequence[Work]) -> Sequence[Answer]:
        """The answers of one call.

        Raises:
            NotByRow: They cannot be told apart.
        """

    @abstractmethod
    def _alone(self, work: Work) -> Answer:
        """The answer of one call for one request."""
