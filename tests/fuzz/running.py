"""Rounds of attacks on servers until the time is over, and what they found."""

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from tests.fuzz.attacks import attacks
from tests.fuzz.figures import Figures, leaks, settled
from tests.fuzz.messages import Message
from tests.fuzz.subjects import Subject
from tests.fuzz.verdicts import symptom
from tests.fuzz.wire import Answer, Http, Wire

_EXAMPLES = 30
_SHOWN = 4000


@dataclass(frozen=True)
class Failure:
    """A request that went wrong, as small as it could be made."""

    subject: str
    attack: str
    symptom: str
    what: Http | Message
    answer: Answer

    def document(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        grpc = isinstance(self.what, Message)
        raw = self.what.content if isinstance(self.what, Message) else self.what.raw
        return {
            "subject": self.subject,
            "attack": self.attack,
            "symptom": self.symptom,
            "method": self.what.method if isinstance(self.what, Message) else None,
            "metadata": repr(self.what.metadata) if isinstance(self.what, Message) else None,
            "protocol": "grpc" if grpc else "http",
            "sent": raw[:_SHOWN].decode("latin-1"),
            "sent_base64": base64.b64encode(raw).decode(),
            "status": self.answer.status,
            "answer": self.answer.body[:_SHOWN].decode("latin-1"),
        }


@dataclass
class Report:
    """What a run found.

    Args:
        seed: With it the same requests come again.
        answers: By subject, attack and status.
        failures: One for each subject, attack and symptom.
        leaks: By subject, in words.
        memory: Resident MiB of each subject, first, once a minute, and last.
        seconds: How long it ran.
    """

    seed: int
    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.failures and not self.leaks

    def write(self, folder: Path) -> list[Path]:
        """Write each failing request into a file of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for number, failure in enumerate(self.failures, 1):
            path = folder / f"{number:02}-{failure.subject}-{failure.attack.replace(' ', '-')}.json"
            path.write_text(json.dumps({"seed": self.seed, **failure.document()}, indent=2) + "\n")
            written.append(path)
        return written


class Target:
    """One server under attack.

    Args:
        subject: The server.
        report: Where what is found goes.
    """

    def __init__(self, subject: Subject, report: Report) -> None:
        self.subject = subject
        self._report = report
        self._wire = Wire(subject.http, subject.grpc)
        self._attacks = attacks(subject)
        self._log_end = subject.server.log.stat().st_size
        self._known = {name: set[str]() for name in self._attacks}
        self._before: Figures | None = None

    def round(self, number: int) -> Iterator[None]:
        """All attacks once; yields between them."""
        for name, strategy in self._attacks.items():
            self._attack(name, strategy, self._report.seed + number)
            yield

    def measure(self) -> None:
        """Note the memory, and what is held when all has been in use once."""
        now = settled(self.subject, self._before)
        self._before = self._before or now
        self._report.memory.setdefault(self.subject.name, []).append(now.rss_mib)

    def finish(self) -> None:
        """Say what has leaked, and close."""
        if self.subject.server.process.poll() is not None:
            self._report.leaks.append(f"{self.subject.name}: the server has ended")
        else:
            after = settled(self.subject, self._before)
            self._report.memory.setdefault(self.subject.name, []).append(after.rss_mib)
            found = leaks(self._before or after, after)
            self._report.leaks += [f"{self.subject.name}: {text}" for text in found]
        self._wire.close()

    def _attack(self, name: str, strategy: SearchStrategy[Http | Message], number: int) -> None:
        """Some requests of one kind; the first failure is made small and noted."""
        found: list[Failure] = []

        @seed(number)
        @settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def attack(what: Http | Message) -> None:
            if found and found[-1].symptom.endswith("hang"):
                return  # each try would take as long again
            answer = self._wire.send(what)
            self._report.answers[self.subject.name, name, str(answer.status)] += 1
            logged = self._logged()  # always: what is known already must not be found again by its log
            wrong = symptom(what, answer) or logged
            if wrong and wrong not in self._known[name]:
                found.append(Failure(self.subject.name, name, wrong, what, answer))
                raise AssertionError(wrong)

        with suppress(AssertionError, HypothesisException):
            attack()
        if found:
            smallest = min(found, key=lambda failure: len(repr(failure.what)))
            self._known[name] |= {failure.symptom for failure in found}
            self._report.failures.append(smallest)

    def _logged(self) -> str | None:
        """What the log has said since, if that is a traceback."""
        log = self.subject.server.log
        end = log.stat().st_size
        if end == self._log_end:
            return None
        with log.open("rb") as file:
            file.seek(self._log_end)
            said = file.read()
        self._log_end = end
        return "a traceback in the log" if b"Traceback" in said else None


def fuzz(subjects: Sequence[Subject], seconds: float, number: int, report: Report | None = None) -> Report:
    """Attack servers in turn.

    Args:
        subjects: The servers.
        seconds: When this is over, no more attacks are begun.
        number: The seed.
        report: Filled as it goes, for whoever interrupts this.
    """
    report = report or Report(number)
    targets = [Target(subject, report) for subject in subjects]
    began = time.monotonic()
    with ExitStack() as stack:
        for target in targets:
            stack.callback(target.finish)
        for _ in _steps(targets):
            report.seconds = time.monotonic() - began
            if report.seconds > seconds or _ended(targets):
                break
    return report


def _steps(targets: Sequence[Target]) -> Iterator[None]:
    measured = 0.0
    for number in count():
        for steps in zip(*(target.round(number) for target in targets), strict=False):
            yield from steps
        if number == 0 or time.monotonic() > measured + 60:
            measured = time.monotonic()
            for target in targets:
                target.measure()


def _ended(targets: Sequence[Target]) -> bool:
    return any(target.subject.server.process.poll() is not None for target in targets)
