"""What a platformctl.toml says: named contexts, as kubeconfig has them. Pure; imports no pydantic."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Literal, cast

from platformctl.domain import cluster_options
from platformctl.domain.cluster_options import ClusterOptions
from platformctl.domain.errors import SpecError
from platformctl.domain.nearest import did_you_mean, nearest
from platformctl.domain.wording import said

Target = Literal["local", "cluster"]
TARGETS: tuple[Target, ...] = ("local", "cluster")

_MOST_PORTS = 65_535


@dataclass(frozen=True, slots=True)
class Context:
    """One `[contexts.NAME]`. What is not given is None.

    Args:
        target: Where models serve.
        namespace: The namespace of a cluster.
        registry: The MLflow registry's URI.
        specs: The folder of specs, absolute.
        home: The local target's folder, absolute.
        port: The port of the local router.
        cluster: What else is said of a cluster.
    """

    target: Target | None = None
    namespace: str | None = None
    registry: str | None = None
    specs: Path | None = None
    home: Path | None = None
    port: int | None = None
    cluster: ClusterOptions = field(default_factory=ClusterOptions)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file that was read.

    Args:
        path: Where it is.
        context: The name of the context that is used without a flag or variable.
        contexts: By name.
    """

    path: Path
    context: str | None = None
    contexts: Mapping[str, Context] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: which key, what, and what to do."""

    key: str
    message: str
    hint: str | None = None


def interpret(document: Mapping[str, object], path: Path, home: Path | None) -> ConfigFile:
    """Return what a parsed file means.

    Args:
        document: The file's content, from a TOML parser.
        path: The file, absolute; its folders are relative to the one it is in.
        home: The person's home folder, for `~`.

    Raises:
        SpecError: Everything that is wrong, with the key and the file.
    """
    if faults := tuple(_faults(document)):
        raise _error(faults, path)
    tables = cast("Mapping[str, Mapping[str, object]]", document.get("contexts", {}))
    contexts = {name: _context(table, path.parent, home) for name, table in tables.items()}
    chosen = cast("str | None", document.get("context"))
    return ConfigFile(path=path, context=chosen, contexts=MappingProxyType(contexts))


def _context(table: Mapping[str, object], folder: Path, home: Path | None) -> Context:
    """A table without faults, as a value."""
    values = {key: _value(key, value, folder, home) for key, value in table.items()}
    cluster = {key: value for key, value in values.items() if key in _OF_A_CLUSTER}
    others = {key: value for key, value in values.items() if key not in _OF_A_CLUSTER}
    # _faults has checked each value's type
    return Context(**others, cluster=ClusterOptions(**cluster))  # type: ignore[arg-type]


def _value(key: str, value: object, folder: Path, home: Path | None) -> object:
    """A value as a context has it: paths absolute, and nothing that can be changed."""
    if key in _PATHS:
        return absolute(str(value), folder, home)
    if isinstance(value, Mapping):
        return MappingProxyType(dict(value))
    return tuple(value) if isinstance(value, list) else value


def absolute(text: str, folder: Path, home: Path | None) -> Path:
    """Return a path as absolute: `~` is the home folder, a relative one starts in `folder`."""
    path = PurePath(text)
    if path.parts[:1] == ("~",) and home is not None:
        return home.joinpath(*path.parts[1:])
    return folder / path


def _faults(document: Mapping[str, object]) -> Iterator[Fault]:
    for key in document.keys() - {"context", "contexts"}:
        inside = f"write it below [contexts.NAME], as {key}" if key in _KEYS else None
        yield Fault(key, "there is no such key", inside or did_you_mean(key, ("context", "contexts")))
    contexts = document.get("contexts", {})
    if not isinstance(contexts, Mapping):
        yield Fault("contexts", f"must be tables, not {said(contexts)}", "write [contexts.NAME]")
        return
    for name, table in contexts.items():
        yield from _faults_of_context(f"contexts.{name}", table)
    yield from _faults_of_choice(document.get("context"), contexts)


def _faults_of_choice(chosen: object, contexts: Mapping[str, object]) -> Iterator[Fault]:
    if chosen is None:
        return
    if not isinstance(chosen, str):
        yield Fault("context", f"must be a context's name, not {said(chosen)}", 'write context = "NAME"')
    elif chosen not in contexts:
        yield Fault("context", f"there is no context {said(chosen)}", known_contexts(chosen, contexts))


def known_contexts(chosen: str, contexts: Mapping[str, object]) -> str:
    """Return the hint for a context that is not there: the nearest, and all that are."""
    names = ", ".join(sorted(contexts))
    if not names:
        return "the file has no [contexts.NAME]"
    near = nearest(chosen, contexts)
    return f"did you mean {near}? known: {names}" if near else f"known: {names}"


def _faults_of_context(where: str, table: object) -> Iterator[Fault]:
    if not isinstance(table, Mapping):
        yield Fault(where, f"must be a table, not {said(table)}", f"write [{where}]")
        return
    for key, value in table.items():
        check = _CHECKS.get(key)
        if key == "storage":
            yield from _faults_of_storage(f"{where}.storage", value)
        elif check is None:
            yield Fault(f"{where}.{key}", "there is no such key", did_you_mean(key, _KEYS))
        elif wrong := check(value):
            yield Fault(f"{where}.{key}", *wrong)


def _faults_of_storage(where: str, table: object) -> Iterator[Fault]:
    if not isinstance(table, Mapping):
        yield Fault(where, f"must be a table, not {said(table)}", f"write [{where}]")
        return
    for beginning, replacement in table.items():
        if wrong := cluster_options.mapping_fault(beginning, replacement):
            yield Fault(f'{where}."{beginning}"', *wrong)


def target_fault(value: object) -> tuple[str, str] | None:
    """Say what is wrong with the name of a target, and what to do; None if nothing is."""
    if value in TARGETS:
        return None
    return f"{said(value)} is not a target", did_you_mean(str(value), TARGETS)


def text_fault(value: object) -> tuple[str, str] | None:
    """Say what is wrong with what has to be a text."""
    if isinstance(value, str) and value.strip() and value.isprintable():
        return None
    return f"must be text on one line, not {said(value)}", 'write it in quotes: "…"'


def port_fault(value: object) -> tuple[str, str] | None:
    """Say what is wrong with a port."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_PORTS:
        return None
    return f"{said(value)} is not a port", f"a whole number from 1 to {_MOST_PORTS}, without quotes"


_CHECKS: Mapping[str, Callable[[object], tuple[str, str] | None]] = MappingProxyType(
    {
        "target": target_fault,
        "namespace": cluster_options.namespace_fault,
        "registry": text_fault,
        "specs": text_fault,
        "home": text_fault,
        "port": port_fault,
        "kube_context": text_fault,
        "kubeconfig": text_fault,
        "gateway": cluster_options.gateway_fault,
        "host": cluster_options.host_fault,
        "mode": cluster_options.mode_fault,
        "kserve": cluster_options.kserve_fault,
        "images": cluster_options.prefix_fault,
        "predictor_image": cluster_options.image_fault,
        "transformer_image": cluster_options.image_fault,
        "pull_secrets": cluster_options.objects_fault,
        "storage_secret": cluster_options.object_fault,
        "service_account": cluster_options.object_fault,
        "prometheus": cluster_options.url_fault,
    }
)
_KEYS = (*_CHECKS, "storage")
_PATHS = ("specs", "home", "kubeconfig")
_OF_A_CLUSTER = frozenset(key.name for key in fields(ClusterOptions))


def _error(faults: tuple[Fault, ...], path: Path) -> SpecError:
    first, *others = sorted(faults, key=lambda fault: fault.key)
    lines = [f"{first.message} ({path})"]
    lines += [f"{fault.key}: {fault.message}" + (f"; {fault.hint}" if fault.hint else "") for fault in others]
    return SpecError("\n".join(lines), field=first.key, hint=first.hint)
