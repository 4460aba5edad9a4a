"""The settings of a model server: what a revision means for it (docs/server-contract.md).

What is the default is left out: the environment of an older deployment has older servers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from platformctl.domain import quantity
from platformctl.domain.features import Features
from platformctl.domain.options import Batch, Limits
from platformctl.domain.revision import ByFormat, Code, Revision

Json = Mapping[str, object]


@dataclass(frozen=True)
class Place:
    """Where one server of a revision runs.

    Args:
        model_dir: The folder of the model's files.
        listen: Where it listens, as its settings have it.
        predictor: The gRPC address of the predictor, where that is another process; None: it is here.
        behind: Whether requests come by way of a transformer in another process.
        folders: The folders of a person's classes, by part; None or nothing: they are installed.
    """

    model_dir: str
    listen: Json
    predictor: str | None = None
    behind: bool = False
    folders: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))


def settings(revision: Revision, place: Place) -> Json:
    """What one server of a revision is to serve."""
    return {
        "schema_version": 1,
        "model_name": revision.deployment,
        "revision": revision.id,
        "model_dir": place.model_dir,
        "predictor": _predictor(revision, place),
        "transformer": None if place.behind else _transformer(revision, place),
        "listen": place.listen,
        **_options(revision, place),
    }


def _predictor(revision: Revision, place: Place) -> Json:
    if place.predictor is not None:
        return {"kind": "remote", "address": place.predictor}
    predictor = revision.predictor
    if isinstance(predictor, Code):
        return {"kind": "class", **_class(predictor, place.folders.get("predictor"))}
    if isinstance(predictor, ByFormat):
        others = predictor.model_dump(mode="json", exclude={"format"}, exclude_defaults=True, by_alias=False)
        return {"kind": predictor.format, **others}
    return {"kind": "auto"}


def _transformer(revision: Revision, place: Place) -> Json | None:
    transformer = revision.transformer
    if isinstance(transformer, Features):
        return {"features": transformer.model_dump(mode="json", exclude_defaults=True)}
    if isinstance(transformer, Code):
        return _class(transformer, place.folders.get("transformer"))
    return None


def _class(code: Code, folder: str | None) -> Json:
    return {"class": code.class_, "path": folder}


def _options(revision: Revision, place: Place) -> Json:
    """A request of a pair is logged once, where it arrives; the model is where it is batched."""
    options: dict[str, object] = {}
    serving, gpus = revision.serving, revision.resources.gpus
    if place.predictor is None and gpus:
        options["gpu"] = gpus.count
    if place.predictor is None and serving.batch != Batch():
        options["batch"] = serving.batch.model_dump(mode="json", exclude_defaults=True, by_alias=False)
    if serving.limits != Limits():
        options["limits"] = _limits(serving.limits)
    if not place.behind and serving.access_log:
        options["access_log"] = serving.access_log
    return options


def _limits(limits: Limits) -> Json:
    chosen = limits.model_dump(mode="json", exclude_defaults=True, by_alias=False)
    body = chosen.pop("body", None)
    return {**chosen, "body_bytes": int(quantity.parse(body))} if body is not None else chosen
