"""The settings of each model server: what a revision means for it (docs/server-contract.md). Pure.

What is the default is left out: the environment of an older deployment has older servers.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from platformctl.adapters.local.files import code_folder, model_folder
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.units import Role, Unit
from platformctl.domain import quantity
from platformctl.domain.features import Features
from platformctl.domain.options import Batch, Limits
from platformctl.domain.revision import ByFormat, Code, Revision

Json = Mapping[str, object]


def settings(home: Home, revision: Revision, unit: Unit) -> bytes:
    """What one process of a replica is to serve."""
    content = {
        "schema_version": 1,
        "model_name": revision.deployment,
        "revision": revision.id,
        "model_dir": str(model_folder(home, revision)),
        "predictor": _predictor(home, revision, unit),
        "transformer": None if unit.role is Role.PREDICTOR else _transformer(home, revision),
        "listen": _listen(home, unit),
        **_options(revision, unit),
    }
    return json.dumps(content, indent=1).encode() + b"\n"


def sockets(home: Home, unit: Unit) -> tuple[Path, ...]:
    """Where a process listens: for HTTP and, if it is asked by its transformer, for gRPC."""
    if unit.role is not Role.PREDICTOR:
        return (home.socket(unit.revision, unit.replica),)
    where = (unit.revision, unit.replica)
    return home.predictor_socket(*where), home.predictor_grpc(*where)


def _predictor(home: Home, revision: Revision, unit: Unit) -> Json:
    if not unit.has_the_model:
        return {"kind": "remote", "address": f"unix:{home.predictor_grpc(unit.revision, unit.replica)}"}
    predictor = revision.predictor
    if isinstance(predictor, Code):
        return {"kind": "class", **_class(home, revision, predictor, "predictor")}
    if isinstance(predictor, ByFormat):
        others = predictor.model_dump(mode="json", exclude={"format"}, exclude_defaults=True, by_alias=False)
        return {"kind": predictor.format, **others}
    return {"kind": "auto"}


def _transformer(home: Home, revision: Revision) -> Json | None:
    transformer = revision.transformer
    if isinstance(transformer, Features):
        return {"features": transformer.model_dump(mode="json", exclude_defaults=True)}
    if isinstance(transformer, Code):
        return _class(home, revision, transformer, "transformer")
    return None


def _class(home: Home, revision: Revision, code: Code, part: str) -> Json:
    folder = code_folder(home, revision, part)
    return {"class": code.class_, "path": str(folder) if folder else None}


def _listen(home: Home, unit: Unit) -> Json:
    return dict(zip(("unix", "grpc"), map(str, sockets(home, unit)), strict=False))


def _options(revision: Revision, unit: Unit) -> Json:
    """A request of a pair is logged once, where it arrives; the model is where it is batched."""
    options: dict[str, object] = {}
    serving, gpu = revision.serving, revision.resources.gpu
    if unit.has_the_model and gpu:
        options["gpu"] = gpu
    if unit.has_the_model and serving.batch != Batch():
        options["batch"] = serving.batch.model_dump(mode="json", exclude_defaults=True, by_alias=False)
    if serving.limits != Limits():
        options["limits"] = _limits(serving.limits)
    if unit.role is not Role.PREDICTOR and serving.access_log:
        options["access_log"] = serving.access_log
    return options


def _limits(limits: Limits) -> Json:
    chosen = limits.model_dump(mode="json", exclude_defaults=True, by_alias=False)
    body = chosen.pop("body", None)
    return {**chosen, "body_bytes": int(quantity.parse(body))} if body is not None else chosen
