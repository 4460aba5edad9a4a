"""`platformctl model`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from platformctl.cli.asked import reference
from platformctl.cli.dry_run import rehearsed
from platformctl.cli.opening import reporting, settings_of
from platformctl.cli.options import Whole, dry_run_option, examples, trust_type_option
from platformctl.cli.output import Document, document, show
from platformctl.cli.session import Session
from platformctl.domain.errors import SpecError
from platformctl.domain.exports import LEAST_ROWS, Bounds, Judging
from platformctl.domain.version_ref import Folder, VersionRef
from platformctl.usecases.export import Exported, Request, export, plan_export

_SHOWN_ROWS = 3
_DEFAULT = Bounds()

_ONNX = examples(
    "platformctl model onnx churn --dry-run",
    "platformctl model onnx churn --version 2 --rows rows.csv -o churn-onnx",
)


@click.group("model", epilog=_ONNX)
def command() -> None:
    """Make a faster version of a model."""


@command.command("onnx", epilog=_ONNX)
@click.argument("name", required=False)
@click.option("--version", metavar="N", help="The version; else the one called champion, else the newest.")
@click.option("--alias", metavar="ALIAS", help="The version that this alias points to.")
@click.option("--path", metavar="FOLDER", help="The model in this folder, instead of a registered one.")
@click.option("-o", "--out", metavar="FOLDER", help="Where to put the model with its export.")
@click.option(
    "--register/--no-register",
    default=None,
    help="Whether to make a new version of it: by default without -o.",
)
@click.option("--rows", metavar="FILE", help="Compare on these: JSON, JSON lines or CSV; else generated.")
@click.option(
    "--count",
    type=Whole(1),
    default=LEAST_ROWS,
    show_default=True,
    metavar="N",
    help="Rows to generate, at least.",
)
@click.option(
    "--flips",
    type=Whole(0),
    default=_DEFAULT.flips,
    show_default=True,
    metavar="N",
    help="Labels that may differ.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=_DEFAULT.tolerance,
    show_default=True,
    help="A difference that counts as none.",
)
@click.option(
    "--share",
    type=click.FloatRange(0, 1),
    default=_DEFAULT.share,
    show_default=True,
    help="The share of rows within the tolerance, at least.",
)
@click.option(
    "--limit",
    type=click.FloatRange(0),
    default=_DEFAULT.limit,
    show_default=True,
    help="No row may differ by more.",
)
@trust_type_option
@dry_run_option
@click.option(
    "--output",
    "form",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.pass_obj
def onnx_command(  # noqa: PLR0913 - click passes an argument an option
    session: Session,
    /,
    *,
    name: str | None,
    version: str | None,
    alias: str | None,
    path: str | None,
    out: str | None,
    register: bool | None,
    rows: str | None,
    count: int,
    flips: int,
    tolerance: float,
    share: float,
    limit: float,
    trusted_types: tuple[str, ...],
    dry_run: str | None,
    form: str,
) -> int:
    """Export a scikit-learn model to ONNX, if it stays equal.

    NAME is a registered model's name. The export is compared with the model, on rows that are given, or
    generated from what its steps have learnt. If it is equal within the bounds, the model with its
    export becomes a new version, or a folder with -o; either is deployed like any other, and is
    served by ONNX Runtime. If not, nothing is registered, the exit code is 1, and the rows that are
    furthest off are shown.
    """
    judging = Judging(
        rows=None if rows is None else Path(rows).absolute(),
        count=count,
        bounds=Bounds(flips=flips, tolerance=tolerance, share=share, limit=limit),
        trusted_types=trusted_types,
    )
    request = Request(
        model=_named(name, path),
        version=_reference(version, alias, path),
        out=_folder(out),
        register=register,
        judging=judging,
    )
    with reporting() as reporter:
        bench = session.host.bench(settings_of(session), reporter)
        planned = plan_export(bench, request)
        if dry_run is not None:
            return rehearsed(None, planned.changes, (), form)
        done = export(bench, planned, judging)
    show(_lines(done), _shape(done), form)
    if form == "table" and done.verdict.passed:
        click.echo(f"next:\n  {_next(done)}", err=True)
    return int(not done.verdict.passed)


def _named(name: str | None, path: str | None) -> str:
    if name is not None:
        return name
    if path is None:
        raise SpecError("a name or a folder is missing", hint="platformctl model onnx NAME, or --path FOLDER")
    return Path(path).resolve().name


def _reference(version: str | None, alias: str | None, path: str | None) -> VersionRef | None:
    if path is None:
        return reference(version, alias)
    if version is not None or alias is not None:
        raise SpecError("a folder has no versions and no aliases", field="--path")
    return Folder(path)


def _folder(out: str | None) -> Path | None:
    """-o is the form of the output elsewhere."""
    if out in {"table", "json", "yaml"}:
        raise SpecError(
            f"-o is the folder of the export here, and {out!r} a form of the output",
            field="-o",
            hint=f"--output {out}, or -o ./{out} for a folder of that name",
        )
    return None if out is None else Path(out).absolute()


def _lines(done: Exported) -> list[str]:
    verdict, source = done.verdict, done.planned.source
    found = (
        f"{verdict.rows} rows compared: {verdict.flips} labels differ, {verdict.within} rows are within "
        f"{verdict.report['bounds']['tolerance']:g}, at most {_largest(verdict.largest)} between the scores"
    )
    if not verdict.passed:
        return [f"the ONNX export of {source.label} is not equal: {verdict.reason}", found, *_worst(done)]
    kept = [] if done.planned.out is None else [f"it is in {done.planned.out}"]
    made = [] if done.version is None else [f"it is version {done.version} of {source.model}"]
    return [
        f"the ONNX export of {source.label} is equal ({verdict.precision} precision)",
        found,
        *kept,
        *made,
    ]


def _largest(largest: float | None) -> str:
    return "a number against none" if largest is None else f"{largest:.1e}"


def _worst(done: Exported) -> Sequence[str]:
    rows: Sequence[dict[str, Any]] = done.verdict.report.get("worst", [])
    shown = [
        f"  row {row['row']}: scikit-learn gives {_answer(row['expected'])}, ONNX {_answer(row['got'])}"
        for row in rows[:_SHOWN_ROWS]
    ]
    where = "--output json has them with their values"
    kept = done.planned.out
    return ["the furthest off:", *shown, where if kept is None else f"{where}; so has {kept}/onnx/gate.json"]


def _answer(answer: Any) -> str:  # any JSON
    if isinstance(answer, dict):
        return f"{answer['label']} {_scores(answer['scores'])}".strip()
    return _scores(answer) if isinstance(answer, list) else str(answer)


def _scores(scores: Any) -> str:  # any JSON
    return (
        "" if scores is None else "[" + ", ".join("null" if x is None else f"{x:.6g}" for x in scores) + "]"
    )


def _next(done: Exported) -> str:
    model = done.planned.source.model
    if done.version is not None:
        return f"platformctl deploy {model} --version {done.version} --canary 10"
    return f"platformctl deploy -f {model}.yaml   # with spec.model.path: {done.planned.out}"


def _shape(done: Exported) -> Document:
    source, verdict = done.planned.source, done.verdict
    return document(
        "OnnxExport",
        model=source.model,
        source=source.version,
        passed=verdict.passed,
        version=done.version,
        folder=None if done.planned.out is None else str(done.planned.out),
        report=verdict.report,
    )
