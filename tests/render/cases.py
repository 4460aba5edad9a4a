"""The matrix of specs that are rendered, and where each is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platformctl.adapters import manifest_files, spec_files
from platformctl.adapters.registry.recorded import SCHEMA, Recorded
from platformctl.domain.cluster import Gateway, Images, Mode, Shape, Storage
from platformctl.domain.manifests import Manifest
from platformctl.usecases.render import Press, rendered
from platformctl.usecases.request import DeployRequest
from tests.fakes.clients import RecordingReporter

FOLDER = Path(__file__).parent
GOLDEN = FOLDER / "golden"
ANEW = "python -m tests.render.golden"

SHAPE = Shape(
    "team",
    Images("ghcr.io/team/platformctl-predictor:0.1.0", "ghcr.io/team/platformctl-transformer:0.1.0"),
)


@dataclass(frozen=True)
class Case:
    """A spec, the cluster that it is for, and where the registry says the model is."""

    shape: Shape = SHAPE
    mode: Mode = Mode.STANDARD
    artifacts: str = "s3://models/churn"
    storage: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cluster(self) -> Shape:
        return replace(self.shape, storage=Storage(**self.storage)) if self.storage else self.shape


_DIGEST = "sha256:" + "2" * 64
_SPECIAL = {
    "pvc": Case(artifacts="/srv/mlruns/1", storage={"mapping": {"/srv/mlruns": "pvc://models/mlruns"}}),
    "secret": Case(storage={"secret": "s3-credentials"}),
    "service-account": Case(storage={"secret": "s3-credentials", "service_account": "loader"}),
    "azure": Case(artifacts="wasbs://models@account.blob.core.windows.net/churn"),
    "proxied": Case(artifacts="mlflow-artifacts:/1/models"),
    "digests": Case(
        replace(
            SHAPE,
            images=Images(f"registry.example/p@{_DIGEST}", f"registry.example/t@{_DIGEST}", ("pull", "more")),
            gateway=Gateway("edge", "public"),
            host="{name}.{namespace}.models.example",
        )
    ),
    "version-0.15": Case(replace(SHAPE, kserve="0.15")),
    "knative-secrets": Case(
        replace(SHAPE, images=replace(SHAPE.images, pull_secrets=("pull", "more"))),
        storage={"secret": "s3-credentials"},
    ),
    "knative-version-0.15": Case(replace(SHAPE, kserve="0.15")),
}
_KNATIVE = "knative-"


def _case(name: str) -> Case:
    mode = Mode.KNATIVE if name.startswith(_KNATIVE) else Mode.STANDARD
    return replace(_SPECIAL.get(name, Case()), mode=mode)


CASES = {path.stem: _case(path.stem) for path in sorted((FOLDER / "specs").glob("*.yaml"))}
STANDARD, KNATIVE = (
    [name for name, case in CASES.items() if case.mode is mode] for mode in (Mode.STANDARD, Mode.KNATIVE)
)


def objects(name: str, folder: Path, **changed: Any) -> list[Manifest]:
    """What a case is rendered to; `changed`: fields of its shape."""
    case = CASES[name]
    spec = spec_files.read(FOLDER / "specs" / f"{name}.yaml")
    press = Press(
        Recorded(record(case.artifacts, folder)),
        replace(case.cluster, **changed),
        RecordingReporter(),
        lambda _folder: "0" * 64,
        case.mode,
    )
    return list(rendered(press, DeployRequest(name=spec.name, spec=spec)))


def text(name: str, folder: Path) -> str:
    """The same as YAML."""
    return manifest_files.stream(objects(name, folder))


def record(artifacts: str, folder: Path) -> Path:
    """A record of a registry: version 3 is champion, 4 the newest."""
    info = {"flavor": "sklearn", "has_mlmodel": True, "has_signature": True}
    third, fourth = (
        {"model": "churn", "version": str(n), "model_id": f"m-{n}", "uri": f"{artifacts}/m-{n}", "info": info}
        for n in (3, 4)
    )
    challenger = {"message": "there is no alias challenger", "field": "spec.model.alias", "hint": None}
    answers = [
        {"ref": {"kind": "alias", "alias": "champion"}, "version": third},
        {"ref": {"kind": "alias", "alias": "challenger"}, "notFound": challenger},
        {"ref": {"kind": "newest"}, "version": fourth},
    ]
    path = folder / "registry.json"
    document = {"schema": SCHEMA, "answers": [{"model": "churn", **answer} for answer in answers]}
    path.write_text(json.dumps(document))
    return path
