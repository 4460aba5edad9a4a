"""Export a model to ONNX, and register it as a new version if the export is equal enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformctl.domain.deployment import ModelSource
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.exports import GATE_TAG, PASSED, SOURCE_TAG, Judging, Verdict
from platformctl.domain.progress import Said
from platformctl.domain.revision import ModelVersion
from platformctl.domain.version_ref import VersionRef
from platformctl.plan import lookup
from platformctl.ports import Exporter, Registry, Reporter, Shelf
from platformctl.usecases import versions


@dataclass(frozen=True)
class Bench:
    """The ports that it takes."""

    registry: Registry
    exporter: Exporter
    shelf: Shelf
    reporter: Reporter

    def say(self, text: str) -> None:
        """Tell what has been decided or done."""
        self.reporter.event(Said(text))


@dataclass(frozen=True)
class Request:
    """What a person asks for.

    Args:
        model: The registered model's name; a folder's, if one is given.
        version: Which version, as the command says; a `Folder` for files.
        out: Where the model with its export is to be; None: nowhere but in the registry.
        register: Whether it is to be a new version; None: if it came from a registry and `out` is None.
        judging: How the export is judged.
    """

    model: str
    version: VersionRef | None = None
    out: Path | None = None
    register: bool | None = None
    judging: Judging = Judging()  # noqa: RUF009 - it is immutable


@dataclass(frozen=True)
class Planned:
    """What would be done.

    Args:
        source: The version that is exported.
        rule: Why that one.
        register: Whether a new version is registered if the gate passes.
    """

    source: ModelVersion
    rule: str
    register: bool
    out: Path | None

    @property
    def changes(self) -> Sequence[str]:
        """What would be changed, in words."""
        label = self.source.label
        kept = [] if self.out is None else [f"write {label} with its ONNX export to {self.out}"]
        made = [f"register {label} with its ONNX export as a new version of {self.source.model}"]
        return [*kept, *(made if self.register else [])]


@dataclass(frozen=True)
class Exported:
    """How it ended.

    Args:
        version: The number of the new version; None: there is none.
    """

    planned: Planned
    verdict: Verdict
    version: str | None


def plan_export(bench: Bench, request: Request) -> Planned:
    """Pin the version. Changes nothing.

    Raises:
        NotFound: There is no such model, version, alias or folder.
        SpecError: The options do not go together.
        Refused: The model is no scikit-learn model.
    """
    source, rule = _resolved(bench, request)
    is_folder = source.version is None
    register = (request.out is None and not is_folder) if request.register is None else request.register
    if register and is_folder:
        raise SpecError(
            f"{source.uri} is a folder: there is no registered model to make a version of",
            field="--register",
            hint=f"-o FOLDER, then platformctl deploy {source.model} with spec.model.path",
        )
    if not register and request.out is None:
        raise SpecError("there is nowhere to keep the export", hint="-o FOLDER, or --register")
    _refuse_unless_sklearn(source)
    return Planned(source, rule, register, request.out)


def export(bench: Bench, planned: Planned, judging: Judging) -> Exported:
    """Export it, and register it if its gate passes.

    Raises:
        SpecError: The rows or the folder cannot be used.
        Refused: The model cannot be exported.
        Unreachable: The registry does not answer.
    """
    bench.say(f"{planned.source.label} ({planned.rule}) is exported and compared; that takes a while")
    with bench.exporter.export(planned.source, planned.out, judging) as (verdict, folder):
        version = None
        if verdict.passed and planned.register:
            tags = {SOURCE_TAG: str(planned.source.version), GATE_TAG: PASSED}
            version = bench.shelf.register(planned.source, folder, tags)
        return Exported(planned, verdict, version)


def _resolved(bench: Bench, request: Request) -> tuple[ModelVersion, str]:
    """As a first deployment does: the version that is named, else champion, else the newest."""
    ways = lookup.lookups(ModelSource(name=request.model), request.version, first=True, canary=False)
    found = versions.find(bench.registry, request.model, ways)
    if found is None:
        raise AssertionError("the last way to find a version is never optional")
    return found


def _refuse_unless_sklearn(source: ModelVersion) -> None:
    flavor = source.info.flavor
    if not source.info.has_mlmodel or flavor == "sklearn":
        return
    if flavor == "onnx":
        raise Refused(
            f"{source.label} is an ONNX model already",
            hint=f"deploy it as it is: platformctl deploy {source.model}",
        )
    raise Refused(
        f"{source.label} is a {flavor} model: only scikit-learn models can be exported",
        hint="log it with mlflow.onnx, exported by its own library's converter",
    )
