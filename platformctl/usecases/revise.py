"""Make the revision that a spec means: pin the version, the code and the image."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from platformctl.domain.components import CodeClass, FeatureTransformer, Format, Image
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from platformctl.domain.features import Features
from platformctl.domain.revision import ByFormat, Code, ModelVersion, Revision
from platformctl.domain.rollout import Rollout
from platformctl.domain.version_ref import Folder, VersionRef
from platformctl.plan.lookup import Lookup
from platformctl.ports import Registry
from platformctl.usecases import versions


class Sources(Protocol):
    """What a revision is pinned by."""

    @property
    def registry(self) -> Registry:
        """Where models come from."""
        ...

    @property
    def fingerprint(self) -> Callable[[str], str]:
        """SHA-256 over the files of a folder."""
        ...


@dataclass(frozen=True)
class Choice:
    """A revision, and by which rule its version was chosen."""

    revision: Revision
    rule: str


def revise(sources: Sources, wanted: ModelDeployment, ways: Sequence[Lookup], rollout: Rollout) -> Choice:
    """Pin what the spec means. Without `ways` to find a version the one that serves stays.

    Raises:
        NotFound: There is no such model, version or alias.
        SpecError: The model has no signature, and the spec wants one.
    """
    version, rule = _version(sources, wanted, ways, rollout)
    _check_signature(wanted, version)
    transformer = wanted.spec.transformer
    revision = Revision(
        deployment=wanted.name,
        model=version,
        predictor=_predictor(sources, wanted),
        transformer=_transformer(sources, transformer) if transformer else None,
        placement="collocated"
        if transformer is None or isinstance(transformer, Image)
        else transformer.placement,
        serving=wanted.spec.serving,
        resources=wanted.spec.resources,
    )
    return Choice(revision, rule)


def _version(
    sources: Sources, wanted: ModelDeployment, ways: Sequence[Lookup], rollout: Rollout
) -> tuple[ModelVersion, str]:
    asked = [replace(way, ref=_asked(wanted, way.ref)) for way in ways]
    found = versions.find(sources.registry, wanted.model_name, asked)
    if found is not None:
        return found
    if rollout.stable is None:
        raise AssertionError("the version that serves cannot stay: nothing serves")
    return rollout.stable.model, "the version that serves stays"


def _asked(wanted: ModelDeployment, ref: VersionRef) -> VersionRef:
    own = not isinstance(wanted.spec.predictor, Format | str)
    return replace(ref, any_files=True) if own and isinstance(ref, Folder) else ref


def _check_signature(wanted: ModelDeployment, version: ModelVersion) -> None:
    info = version.info
    if wanted.spec.model.signature == "optional" or info.has_signature or not info.has_mlmodel:
        return
    raise SpecError(
        f"{version.label} has no signature: requests cannot be checked, so a wrong column would be an "
        "error inside the model",
        field="spec.model",
        hint="log it with signature=infer_signature(X, model.predict(X)), or set "
        "spec.model.signature: optional (--signature optional)",
    )


def _predictor(sources: Sources, wanted: ModelDeployment) -> Literal["auto"] | ByFormat | Code | Image:
    """What is trusted and allowed concerns our own servers only: a class loads its model itself."""
    predictor, source = wanted.spec.predictor, wanted.spec.model
    if not isinstance(predictor, Format | str):
        return _component(sources, predictor)
    chosen = Format() if isinstance(predictor, str) else predictor
    pinned = ByFormat(
        format=chosen.format,
        output=chosen.output,
        allow_version_skew=source.allow_version_skew,
        trusted_types=tuple(sorted(set(source.trusted_types))),
    )
    return "auto" if pinned == ByFormat() else pinned


def _transformer(
    sources: Sources, transformer: FeatureTransformer | CodeClass | Image
) -> Features | Code | Image:
    if isinstance(transformer, FeatureTransformer):
        return transformer.features
    return _component(sources, transformer)


def _component(sources: Sources, component: CodeClass | Image) -> Code | Image:
    if isinstance(component, Image):
        return component
    content = sources.fingerprint(component.path) if component.path else None
    return Code(class_=component.class_, path=component.path, content=content)
