"""From a reference to one version that can serve; the same for REST and for a store.

A version can be READY while its logged model is pending or deleted, a copy (`models:/churn/2`) has no
logged model in its source but one in its MLmodel, and an alias can point to any of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from platformctl.adapters.registry.source import (
    LOGGED_MODEL_GONE,
    LOGGED_MODEL_READY,
    READY,
    CannotServe,
    Details,
    Missing,
    Registered,
    Source,
)
from platformctl.domain.errors import Conflict, NotFound, SpecError
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest, VersionRef

_LISTED = 10


@dataclass(frozen=True)
class Pinned:
    """One version that can serve.

    Args:
        mlmodel: Its MLmodel, parsed; None if it has none.
    """

    model: str
    version: str
    model_id: str | None
    uri: str
    mlmodel: dict[str, object] | None


def resolve(source: Source, model: str, ref: VersionRef) -> Pinned:
    """Find the version that `ref` means, and make sure that it can serve.

    Raises:
        NotFound: There is no such model, version or alias; the hint names what there is.
        CannotServe: It is there but cannot serve.
        Unreachable: The registry does not answer.
    """
    match ref:
        case Newest():
            return _newest(source, model)
        case Alias(alias):
            return pin(source, _by_alias(source, model, alias))
        case Exact(version):
            return pin(source, _by_version(source, model, str(version)))
        case Folder(path):
            raise SpecError(
                f"{path!r} is a folder, and this is a registry",
                field="spec.model.path",
                hint="name a registered model instead, by spec.model.name",
            )


def move_alias(source: Source, model: str, alias: str, version: str) -> None:
    """Point an alias at a version, and read it back: the last write wins in MLflow, and nobody is told.

    Raises:
        NotFound: There is no such model or version.
        SpecError: The registry does not take that as an alias.
        Conflict: It points elsewhere when it is read back.
        Unreachable: The registry does not answer.
    """
    try:
        source.move(model, alias, version)
    except Missing:
        _by_version(source, model, version)
        raise
    now = source.aliases(model).get(alias)
    if now != version:
        raise Conflict(
            f"alias {alias} of {model} was set to version {version} and now "
            + (f"points to version {now}" if now else "is gone"),
            owner="somebody else who writes to the registry",
            hint="find out who moved it; the deployment itself does not depend on it",
        )


def pin(source: Source, registered: Registered) -> Pinned:
    """Look at a version's artifacts and logged model.

    Raises:
        CannotServe: Its status is not READY, or its logged model is not, or is deleted.
    """
    if registered.status != READY:
        raise _not_ready(registered)
    details = source.details(registered)
    mlmodel = parse(details.mlmodel, f"{registered.model} v{registered.version}")
    model_id = registered.model_id or _copied_id(registered, mlmodel)
    _refuse_unless_kept(registered, model_id, _logged(source, registered, details, model_id))
    return Pinned(registered.model, registered.version, model_id, details.uri, mlmodel)


def parse(mlmodel: bytes | None, label: str) -> dict[str, object] | None:
    """Parse the MLmodel file of what is called `label`.

    Raises:
        CannotServe: It is not a YAML mapping.
    """
    if mlmodel is None:
        return None
    import yaml  # `status` reads no MLmodel, and must not pay for the parser

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(mlmodel, Loader=loader)  # noqa: S506 - CSafeLoader, or SafeLoader
    except yaml.YAMLError as error:
        raise _broken_mlmodel(label) from error
    if not isinstance(document, dict):
        raise _broken_mlmodel(label)
    return document


def _broken_mlmodel(label: str) -> CannotServe:
    return CannotServe(
        f"the MLmodel file of {label} is not a YAML mapping",
        hint="log the model again, or choose another version",
    )


def _copied_id(registered: Registered, mlmodel: dict[str, object] | None) -> str | None:
    """The logged model behind a copy; the id in an MLmodel from elsewhere says nothing about it."""
    if mlmodel is None or not registered.source.startswith("models:/"):
        return None
    model_id = mlmodel.get("model_id")
    return model_id if isinstance(model_id, str) else None


def _logged(source: Source, registered: Registered, details: Details, model_id: str | None) -> str | None:
    if registered.model_id is None and model_id is not None:
        return source.logged_status(model_id)
    return details.logged


def _not_ready(registered: Registered) -> CannotServe:
    said = f": {registered.message}" if registered.message else ""
    return CannotServe(
        f"{registered.model} v{registered.version} is {registered.status}, not READY{said}",
        hint="wait until it is registered, or choose another version",
    )


def _refuse_unless_kept(registered: Registered, model_id: str | None, logged: str | None) -> None:
    label = f"{registered.model} v{registered.version}"
    if logged == LOGGED_MODEL_GONE:
        raise CannotServe(
            f"{label} is READY, but its logged model {model_id} is deleted",
            hint="its files may go at any time: register the model again, or choose another version",
        )
    if logged not in (None, LOGGED_MODEL_READY):
        raise CannotServe(
            f"{label} is READY, but its logged model {model_id} is {logged}",
            hint="its files may be incomplete: wait until it is logged, or choose another version",
        )


def _newest(source: Source, model: str) -> Pinned:
    passed_over: list[str] = []
    for registered in source.newest_first(model):
        try:
            return pin(source, registered)
        except CannotServe as reason:
            passed_over.append(reason.message)
    _aliases(source, model)
    state = "can serve" if passed_over else "is there yet"
    raise NotFound(
        f"no version of {model} {state}{_because(passed_over)}",
        field="spec.model.name",
        hint=f"log a model with registered_model_name={model!r}",
    )


def _because(passed_over: list[str]) -> str:
    return f": {'; '.join(passed_over[:_LISTED])}" if passed_over else ""


def _by_alias(source: Source, model: str, alias: str) -> Registered:
    try:
        return source.by_alias(model, alias)
    except Missing as missing:
        there = _aliases(source, model)
        raise NotFound(
            f"{model} has no alias {alias!r}",
            field="spec.model.alias",
            hint=_one_of("its aliases are", sorted(there))
            or "it has no alias yet; set one, or name a version",
        ) from missing


def _by_version(source: Source, model: str, version: str) -> Registered:
    try:
        return source.by_version(model, version)
    except Missing as missing:
        _aliases(source, model)
        there = [registered.version for registered in _first(source.newest_first(model), _LISTED)]
        raise NotFound(
            f"{model} has no version {version}",
            field="spec.model.version",
            hint=_one_of("the newest are", there) or "it has no version yet",
        ) from missing


def _aliases(source: Source, model: str) -> dict[str, str]:
    """The aliases of a model.

    Raises:
        NotFound: There is no such model; the hint has the names that come near.
    """
    try:
        return dict(source.aliases(model))
    except Missing as missing:
        import difflib  # its import would be paid for by whoever has no typing error

        known = source.names()
        near = difflib.get_close_matches(model, known, n=3, cutoff=0.5)
        hint = _one_of("did you mean", near) or _one_of("it has", sorted(known)[:_LISTED])
        raise NotFound(
            f"the registry has no model {model!r}",
            field="spec.model.name",
            hint=hint or "it is empty: log a model with registered_model_name",
        ) from missing


def _first(versions: Iterable[Registered], count: int) -> list[Registered]:
    return [registered for registered, _ in zip(versions, range(count), strict=False)]


def _one_of(words: str, names: list[str]) -> str:
    return f"{words} {', '.join(names)}" if names else ""
