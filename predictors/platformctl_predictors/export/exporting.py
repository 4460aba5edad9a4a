"""The export of a model: tried in each precision, compared with the model, written if it is equal enough."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from platformctl_predictors.exits import Exit
from platformctl_predictors.export import given, report
from platformctl_predictors.export.conversion import Labels, convert, precisions
from platformctl_predictors.export.errors import Unexportable
from platformctl_predictors.export.rows import LEAST, SEED
from platformctl_predictors.export.source import Source, read
from platformctl_predictors.export.trial import Graph, Subject, best, tried
from platformctl_predictors.formats import onnx_gate
from platformctl_predictors.formats.onnx_gate import Bounds, GateReport, Precision
from platformctl_predictors.formats.onnx_session import open_session
from platformctl_predictors.settings import FormatPredictor

_LABELS: Sequence[Labels] = ("index", "value")


@dataclass(frozen=True)
class Asked:
    """How an export is to be judged.

    Args:
        rows: A file of rows (JSON, JSON lines, CSV with a header); None: they are generated.
        count: How many to generate, at least.
        seed: Of the generated rows.
        bounds: How far the export may be from the model.
        trusted_types: Types of a skops file that are trusted beside those that MLmodel declares.
    """

    rows: Path | None = None
    count: int = LEAST
    seed: int = SEED
    bounds: Bounds = field(default_factory=Bounds)
    trusted_types: tuple[str, ...] = ()


def gate(folder: Path, asked: Asked | None = None) -> GateReport:
    """Say how equal an ONNX export of a model would be. Writes nothing.

    Args:
        folder: Holds the scikit-learn model: as MLflow saved it, or one bare file.
        asked: How it is judged; None: on 10,000 generated rows, by the default bounds.

    Raises:
        Exit: The model cannot be loaded, or a library is missing.
        Unexportable: It cannot be exported at all.
        BadRows: The rows that were given cannot be used, or none can be generated.
    """
    with _judged(folder, asked or Asked()) as (made, _):
        return made


def export_model(folder: Path, out: Path, asked: Asked | None = None) -> GateReport:
    """Copy a model's folder, and add `onnx/` to the copy: the export if its gate passed, and the report.

    Args:
        folder: Holds the scikit-learn model: as MLflow saved it, or one bare file.
        out: Is made, or is empty, or is `folder` itself.
        asked: How it is judged; None: on 10,000 generated rows, by the default bounds.

    Returns:
        What is in `onnx/gate.json`. If its verdict is `failed` there is no `onnx/model.onnx`.

    Raises:
        FileExistsError: `out` holds something else.
        Exit: The model cannot be loaded, or a library is missing.
        Unexportable: It cannot be exported at all.
        BadRows: The rows that were given cannot be used, or none can be generated.
    """
    in_place = out.exists() and out.samefile(folder)
    if out.exists() and not in_place and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} is not an empty folder")
    with _judged(folder, asked or Asked()) as (made, graph):
        if not in_place:
            shutil.copytree(folder, out, dirs_exist_ok=True, ignore=_old_export(folder))
        target = out / onnx_gate.FOLDER
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        if graph is not None:
            shutil.copyfile(graph, target / onnx_gate.ONNX_FILE)
        # Last: an export without its report does not serve.
        (target / onnx_gate.REPORT_FILE).write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return made


@contextmanager
def _judged(folder: Path, asked: Asked) -> Iterator[tuple[GateReport, Path | None]]:
    """The report, and the graph if its gate passed, which is gone after the block."""
    source = read(folder, FormatPredictor(kind="sklearn", trusted_types=asked.trusted_types))
    rows = given.read(asked.rows, source) if asked.rows is not None else None
    with tempfile.TemporaryDirectory(prefix="platformctl-onnx-") as place:
        graphs = [_built(source, precision, Path(place)) for precision in precisions(source.estimator)]
        if all(graph.error for graph in graphs):
            raise Unexportable("; ".join(dict.fromkeys(str(graph.error) for graph in graphs)))
        subject = Subject.of(source, rows, asked.count, asked.seed)
        trials = [tried(subject, asked.bounds, graph) for graph in graphs]
        made = report.report(subject, asked.bounds, trials, best(trials, asked.bounds), _named(asked))
        chosen = next(graph for graph in graphs if graph.precision == made.precision)
        yield made, chosen.path if made.verdict == "passed" else None


def _built(source: Source, precision: Precision, place: Path) -> Graph:
    """A graph that loads. Labels are indices where that works: those are numbers whatever the classes are."""
    one_label = source.classes is not None and not isinstance(source.classes[0], list)
    built = Graph(precision, place / f"{precision}.onnx")
    for labels in _LABELS if one_label else _LABELS[1:]:
        built = replace(built, labels=labels, error=None)
        try:
            model = convert(source.estimator, source.columns, source.width, precision, labels)
            built.path.write_bytes(model.SerializeToString())
            open_session(built.path, gpu=0)
        except Unexportable as error:
            built = replace(built, error=str(error))
        except Exit as error:
            built = replace(built, error=error.cause.replace(f"{place}/", ""))
        else:
            break
    return built


def _named(asked: Asked) -> tuple[str | None, int | None]:
    """The rows' file and seed."""
    return (asked.rows.name, None) if asked.rows is not None else (None, asked.seed)


def _old_export(folder: Path) -> Callable[[str, list[str]], set[str]]:
    """What is not copied: an export that was there already."""
    return lambda at, names: {onnx_gate.FOLDER} & set(names) if Path(at) == folder else set()
