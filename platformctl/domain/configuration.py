"""What a platformctl.toml says: named contexts, as kubeconfig has them. Pure; imports no pydantic."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Literal, cast

from platformctl.domain.errors import SpecError
from platformctl.domain.nearest import did_you_mean, nearest
from platformctl.domain.wording import said

Target = Literal["local", "cluster"]
TARGETS: tuple[Target, ...] = ("local", "cluster")

_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
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
    """

    target: Target | None = None
    namespace: str | None = None
    registry: str | None = None
    specs: Path | None = None
    home: Path | None = None
    port: int | None = None


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
    values = {
        key: absolute(str(value), folder, home) if key in ("specs", "home") else value
        for key, value in table.items()
    }
    return Context(**values)  # type: ignore[arg-type] # _faults has checked each value's type


def absolute(text: str, folder: Path, home: Path | None) -> Path:
    """Return a path as absolute: `~` is the home folder, a relative one starts in `folder`."""
    path = PurePath(text)
    if path.parts[:1] == ("~",) and home is not None:
        return home.joinpath(*path.parts[1:])
    return folder / path


def _faults(document: Mapping[str, object]) -> Iterator[Fault]:
    for key in document.keys() - {"context", "contexts"}:
        inside = f"write it below [contexts.NAME], as {key}" if key in _CHECKS else None
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
        if check is None:
            yield Fault(f"{where}.{key}", "there is no such key", did_you_mean(key, _CHECKS))
        elif wrong := check(value):
            yield Fault(f"{where}.{key}", *wrong)


def target_fault(value: object) -> tuple[str, str] | None:
    """Say what is wrong with the name of a target, and what to do; None if nothing is."""
    if value in TARGETS:
        return None
    return f"{said(value)} is not a target", did_you_mean(str(value), TARGETS)


def namespace_fault(value: object) -> tuple[str, str] | None:
    """Say what is wrong with a namespace: a DNS-1123 label."""
    if isinstance(value, str) and _NAMESPACE.fullmatch(value):
        return None
    return f"{said(value)} is not a namespace", "lower-case letters, digits and '-', at most 63"


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
        "namespace": namespace_fault,
        "registry": text_fault,
        "specs": text_fault,
        "home": text_fault,
        "port": port_fault,
    }
)


def _error(faults: tuple[Fault, ...], path: Path) -> SpecError:
    first, *others = sorted(faults, key=lambda fault: fault.key)
    lines = [f"{first.message} ({path})"]
    lines += [f"{fault.key}: {fault.message}" + (f"; {fault.hint}" if fault.hint else "") for fault in others]
    return SpecError("\n".join(lines), field=first.key, hint=first.hint)
