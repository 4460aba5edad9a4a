"""Tell how a rollout goes that is driven for long: each thing once, and what it waits for meanwhile."""

from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Outcome
from platformctl.domain.names import RevisionId
from platformctl.domain.progress import Event, Said, Waiting
from platformctl.judge.verdicts import verdicts
from platformctl.ports import Clock, Reporter


class Teller:
    """A reporter that does not say the same thing twice in a row, as it is said in each turn.

    What is waited for has no end, and has lasted since the telling began.

    Args:
        reporter: Who shows it.
        clock: The time.
    """

    def __init__(self, reporter: Reporter, clock: Clock) -> None:
        self._reporter, self._clock = reporter, clock
        self._began = clock.now()
        self._said = ""
        self._outcomes: dict[str, Outcome] = {}

    def event(self, event: Event) -> None:
        """Tell it, unless it is known."""
        match event:
            case Said(text):
                self._say(text)
            case Waiting(revision, detail, _, _):
                self.waits(revision, detail)
            case _:
                self._reporter.event(event)

    def waits(self, revision: RevisionId, detail: str) -> None:
        """Tell what is waited for."""
        seconds = (self._clock.now() - self._began).total_seconds()
        self._reporter.event(Waiting(revision, detail, seconds, None))

    def judged(self, auto: Automatic) -> None:
        """Tell the verdicts that have changed."""
        for verdict in verdicts(auto):
            before = self._outcomes.get(verdict.gate, Outcome.INCONCLUSIVE)
            self._outcomes[verdict.gate] = verdict.outcome
            if verdict.outcome is not before:
                self._say(f"{verdict.gate} {verdict.outcome}: {verdict.text}")

    def _say(self, text: str) -> None:
        if text != self._said:
            self._reporter.event(Said(text))
        self._said = text
