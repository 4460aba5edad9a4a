"""One try of an export: served as the server would, and compared with the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from platformctl_predictors.export import comparing, refusals, structure
from platformctl_predictors.export import rows as making
from platformctl_predictors.export.answers import Answers, Ask, answers, taken
from platformctl_predictors.export.comparing import Comparison
from platformctl_predictors.export.conversion import Labels
from platformctl_predictors.export.errors import BadRows
from platformctl_predictors.export.source import Source
from platformctl_predictors.formats import onnx, onnx_gate
from platformctl_predictors.formats.onnx_feeds import MAGNITUDE, NULL_TEXT
from platformctl_predictors.formats.onnx_gate import Bounds, Counts, File, GateReport, Precision, Refusal
from platformctl_predictors.formats.onnx_session import open_session
from platformctl_predictors.inputs.batch import Input

_ALONE = 500
"""So many rows are also asked for one by one: ONNX Runtime computes a lone row by other code."""

_CLOSER = 2.0
"""A slower precision has to be closer by that factor."""


@dataclass(frozen=True)
class Subject:
    """A model, and its answers to the rows that its exports are compared on.

    Args:
        source: The model.
        rows: The rows.
        origins: What they were made from; () if they were given.
        refuses: What the model refuses.
        expected: What it answers.
    """

    source: Source
    rows: Sequence[tuple[Any, ...]]
    origins: tuple[str, ...]
    refuses: dict[int, Refusal]
    expected: Answers

    @classmethod
    def of(cls, source: Source, given: Sequence[tuple[Any, ...]] | None, count: int, seed: int) -> "Subject":
        """Find what the model refuses, make rows if none are given, and ask it for all.

        Raises:
            BadRows: The model answers none of them, or not the row that others are made from.
        """
        names = None if source.columns is None else [str(column.name) for column in source.columns]
        facts = structure.facts(source.estimator, names, source.width)
        ask = _model(source)
        base = _base(source, facts, given, ask)
        refuses = refusals.refusals(source, facts, base, lambda rows: taken(ask, rows))
        rows = given or making.generated(source, facts, refuses, count, seed)
        expected = answers(ask, rows)
        if not expected.taken.any():
            raise BadRows(f"the model answers none of the {len(rows)} rows")
        return cls(source, rows, () if given else making.origins(facts, source), refuses, expected)


@dataclass(frozen=True)
class Graph:
    """A graph in one precision.

    Args:
        path: Its file.
        labels: What a classifier's first output is.
        error: Why there is none; None if there is one.
    """

    precision: Precision
    path: Path
    labels: Labels = "value"
    error: str | None = None


@dataclass(frozen=True)
class Figures:
    """How far a graph is from the model, row by row and counted."""

    counts: Counts
    comparison: Comparison
    got: Answers


@dataclass(frozen=True)
class Trial:
    """A graph, and its figures if there is one."""

    graph: Graph
    figures: Figures | None = None


def tried(subject: Subject, bounds: Bounds, graph: Graph) -> Trial:
    """Compare one graph with the model."""
    if graph.error is not None:
        return Trial(graph)
    ask = _export(subject, open_session(graph.path, gpu=0), graph.labels)
    source, rows = subject.source, subject.rows
    relative = not source.is_classifier
    got = answers(ask, rows)
    found = comparing.compare(subject.expected, got, relative=relative)
    some = np.unique(np.linspace(0, len(rows) - 1, min(_ALONE, len(rows)), dtype=int))
    alone = _placed(got, some, answers(ask, [rows[place] for place in some], batch=1))
    found = comparing.worse(found, comparing.compare(subject.expected, alone, relative=relative))
    return Trial(graph, Figures(comparing.counts(found, bounds), found, got))


def best(trials: Sequence[Trial], bounds: Bounds) -> tuple[Graph, Figures]:
    """The one to keep: of those that pass the closest, the fastest first; else the closest. Pure.

    Args:
        trials: The fastest first; one has figures at least.
        bounds: What passes.
    """
    there = [(trial.graph, trial.figures) for trial in trials if trial.figures is not None]
    passing = [each for each in there if onnx_gate.verdict(each[1].counts, bounds) is None]
    if not passing:
        return min(there, key=lambda each: _distance(each[1].counts))
    closest = min(_distance(figures.counts)[-1] for _, figures in passing)
    return next(each for each in passing if _distance(each[1].counts)[-1] <= _CLOSER * closest)


def provisional(subject: Subject, labels: Labels) -> GateReport:
    """What the server has to know to serve a graph, before there are figures."""
    source = subject.source
    classes = source.classes
    return GateReport(
        verdict="failed",
        reason="nothing was compared",
        model=File(
            file=source.file.relative_to(source.folder).as_posix(), sha256=onnx_gate.sha256(source.file)
        ),
        onnx=None,
        estimator=type(source.estimator).__name__,
        method=source.method,
        task="classifier" if source.is_classifier else "regressor",
        probabilities=source.has_probabilities,
        outputs=_outputs(subject),
        classes=classes,
        labels=labels,
        columns=source.columns,
        missing_text=NULL_TEXT,
        magnitude=MAGNITUDE,
        refuses=subject.refuses,
        versions={},
        rows=onnx_gate.Rows(source=""),
        bounds=Bounds(),
        counts=None,
    )


def _base(source: Source, facts: Sequence[structure.Facts], given: Any, ask: Ask) -> tuple[Any, ...]:
    """A row that the model answers."""
    candidates = [*source.example[:1], *(given or [])[:_ALONE], making.usual(source, facts)]
    for row in candidates:
        if taken(ask, [row])[0]:
            return tuple(row)
    raise BadRows(
        "no row can be made that the model answers: its steps and its input example do not say enough; give "
        "some rows"
    )


def _model(source: Source) -> Ask:
    """The model as the server without ONNX asks it."""
    predict = source.asked("predict")
    scores = source.asked("predict_proba") if source.has_probabilities else None

    def ask(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, Any]:
        data = source.data(rows)
        if not source.is_classifier:
            return None, predict(data)
        return predict(data), None if scores is None else scores(data)

    return ask


def _export(subject: Subject, session: Any, labels: Labels) -> Ask:  # onnxruntime's
    """The export as the server asks it."""
    source = subject.source
    output = "both" if source.has_probabilities else "label"
    compute = onnx.compute_of(session, provisional(subject, labels), output)

    def ask(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, Any]:
        result = compute(Input(source.data(rows), len(rows)))
        if not source.is_classifier:
            return None, result.predictions
        return result.predictions, result.probabilities

    return ask


def _placed(of_all: Answers, places: Any, alone: Answers) -> Answers:  # an array of indices
    """The answers to all rows, with those of some rows put in their places."""
    took = of_all.taken.copy()
    took[places] = alone.taken
    return Answers(
        took,
        _put(of_all.labels, places, alone.labels),
        _put(of_all.scores, places, alone.scores),
    )


def _put(values: Any, places: Any, others: Any) -> Any:  # arrays or None
    if values is None or others is None or values.shape[1] != others.shape[1]:
        return values
    copied = values.copy()
    copied[places] = others
    return copied


def _outputs(subject: Subject) -> int:
    expected = subject.expected
    values = expected.labels if subject.source.is_classifier else expected.scores
    return 1 if values is None else int(values.shape[1])


def _distance(counts: Counts) -> tuple[float, ...]:
    largest = float("inf") if counts.max_difference is None else counts.max_difference
    return (counts.unlike, counts.flips, counts.beyond, -counts.within, largest)
