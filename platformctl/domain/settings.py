"""Which target, registry and folders are meant: flags over environment over file. Pure.

Each value remembers where it comes from, so that `doctor` and errors can say why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar, cast

from platformctl.domain.cluster_options import AUTO, ClusterOptions, mode_fault, namespace_fault
from platformctl.domain.configuration import (
    ConfigFile,
    Context,
    Target,
    absolute,
    known_contexts,
    port_fault,
    target_fault,
    text_fault,
)
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.wording import said

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value, and where it comes from: "flag --home", "variable …", "file …", "default"."""

    value: T
    origin: str


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line said; None where it said nothing."""

    context: str | None = None
    target: str | None = None
    registry: str | None = None
    home: Path | None = None
    port: int | None = None
    namespace: str | None = None
    kube_context: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for one command.

    Args:
        context: The context's name; None without one.
        target: Where models serve.
        namespace: The namespace of a cluster; None: the one that kubeconfig names.
        kube_context: The context of kubeconfig; None: its current one.
        kubeconfig: Its file, absolute; None: where `kubectl` finds it.
        mode: What KServe is to make of a new deployment, one of MODES.
        registry: The MLflow registry's URI; None: the local stack's.
        specs: The folder of specs, absolute; None: there is none.
        home: The local target's folder, absolute.
        port: The port of the local router; None: the local stack's own.
        file: The configuration file that was read; None: there is none.
        cluster: What else the context says of a cluster.
    """

    context: Setting[str | None]
    target: Setting[Target]
    namespace: Setting[str | None]
    kube_context: Setting[str | None]
    kubeconfig: Setting[Path | None]
    mode: Setting[str]
    registry: Setting[str | None]
    specs: Setting[Path | None]
    home: Setting[Path]
    port: Setting[int | None]
    file: Path | None
    cluster: ClusterOptions = field(default_factory=ClusterOptions)


def settle(flags: Flags, environ: Mapping[str, str], file: ConfigFile | None, *, cwd: Path) -> Settings:
    """Return what holds. An empty variable is one that is not set.

    Args:
        flags: From the command line.
        environ: The environment's variables; HOME and XDG_DATA_HOME decide the default home.
        file: The configuration file, if one was found.
        cwd: The current folder, absolute: relative paths of flags and variables start there.

    Raises:
        NotFound: There is no such context; the known ones are listed.
        SpecError: A flag or variable is wrong, or there is no place for a home.
    """
    chosen = _chosen(flags, environ, file)
    context = file.contexts[chosen.value] if file and chosen.value is not None else Context()
    inside = f"file {file.path}, context {chosen.value}" if file else ""
    target = _first(
        (flags.target, "flag --target"), _variable(environ, "PLATFORMCTL_TARGET"), (context.target, inside)
    )
    port = _first((flags.port, "flag --port"), (context.port, inside))
    return Settings(
        context=chosen,
        target=cast("Setting[Target]", _checked(target or Setting("local", "default"), target_fault)),
        namespace=_namespace(flags, environ, context, inside),
        kube_context=_kube_context(flags, environ, context, inside),
        kubeconfig=_first((context.cluster.kubeconfig, inside)) or Setting(None, "default"),
        mode=_mode(flags, environ, context, inside),
        registry=_registry(flags, environ, context, inside),
        specs=_first((context.specs, inside)) or Setting(None, "default"),
        home=_home(flags, environ, context, inside, cwd),
        port=_checked(port, port_fault) if port else Setting(None, "default"),
        file=file.path if file else None,
        cluster=context.cluster,
    )


def user_home(environ: Mapping[str, str]) -> Path | None:
    """Return the person's home folder, for `~`; None if HOME does not say it."""
    home = environ.get("HOME", "")
    return Path(home) if home.startswith("/") else None


def xdg_folder(environ: Mapping[str, str], variable: str, fallback: str) -> tuple[Path, str] | None:
    """Return platformctl's folder below one of XDG's, and where that comes from.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/ (a relative path is ignored).
    """
    if environ.get(variable, "").startswith("/"):
        return Path(environ[variable], "platformctl"), f"variable {variable}"
    home = user_home(environ)
    return (home / fallback / "platformctl", "default") if home else None


def _chosen(flags: Flags, environ: Mapping[str, str], file: ConfigFile | None) -> Setting[str | None]:
    wanted = _first((flags.context, "flag --context"), _variable(environ, "PLATFORMCTL_CONTEXT"))
    if wanted is None:
        return (
            Setting(file.context, f"file {file.path}") if file and file.context else Setting(None, "default")
        )
    if file is None:
        hint = "write platformctl.toml here or above, or platformctl/config.toml in ~/.config"
        message = f"there is no context {said(wanted.value)}: no configuration file was found"
        raise NotFound(message, field=_field(wanted), hint=hint)
    if wanted.value not in file.contexts:
        message = f"there is no context {said(wanted.value)} in {file.path}"
        raise NotFound(message, field=_field(wanted), hint=known_contexts(wanted.value, file.contexts))
    return Setting(wanted.value, wanted.origin)


def _namespace(
    flags: Flags, environ: Mapping[str, str], context: Context, inside: str
) -> Setting[str | None]:
    found = _first(
        (flags.namespace, "flag --namespace"),
        _variable(environ, "PLATFORMCTL_NAMESPACE"),
        (context.namespace, inside),
    )
    return _checked(found, namespace_fault) if found else Setting(None, "kubeconfig")


def _kube_context(
    flags: Flags, environ: Mapping[str, str], context: Context, inside: str
) -> Setting[str | None]:
    found = _first(
        (flags.kube_context, "flag --kube-context"),
        _variable(environ, "PLATFORMCTL_KUBE_CONTEXT"),
        (context.cluster.kube_context, inside),
    )
    return _checked(found, text_fault) if found else Setting(None, "kubeconfig")


def _mode(flags: Flags, environ: Mapping[str, str], context: Context, inside: str) -> Setting[str]:
    found = _first(
        (flags.mode, "flag --mode"),
        _variable(environ, "PLATFORMCTL_MODE"),
        (context.cluster.mode, inside),
    )
    return cast("Setting[str]", _checked(found or Setting(AUTO, "default"), mode_fault))


def _registry(flags: Flags, environ: Mapping[str, str], context: Context, inside: str) -> Setting[str | None]:
    """A context is a deliberate choice of a registry; MLflow's variables may be left over from training."""
    found = _first(
        (flags.registry, "flag --registry"),
        (context.registry, inside),
        _variable(environ, "MLFLOW_REGISTRY_URI"),
        _variable(environ, "MLFLOW_TRACKING_URI"),
    )
    return _checked(found, text_fault) if found else Setting(None, "default: the local stack")


def _home(
    flags: Flags, environ: Mapping[str, str], context: Context, inside: str, cwd: Path
) -> Setting[Path]:
    variable, origin = _variable(environ, "PLATFORMCTL_HOME")
    found = _first(
        (flags.home, "flag --home"),
        (Path(variable) if variable else None, origin),
        (context.home, inside),
        xdg_folder(environ, "XDG_DATA_HOME", ".local/share") or (None, ""),
    )
    if found is None:
        raise SpecError("there is no home folder: HOME is not set", field="--home", hint="give --home FOLDER")
    return Setting(absolute(str(found.value), cwd, user_home(environ)), found.origin)


def _variable(environ: Mapping[str, str], name: str) -> tuple[str | None, str]:
    return environ.get(name) or None, f"variable {name}"


def _first(*candidates: tuple[T | None, str]) -> Setting[T] | None:
    """Return the first value that is given."""
    return next((Setting(value, origin) for value, origin in candidates if value is not None), None)


def _checked(setting: Setting[T], fault: Callable[[object], tuple[str, str] | None]) -> Setting[T | None]:
    if wrong := fault(setting.value):
        raise SpecError(wrong[0], field=_field(setting), hint=wrong[1])
    return Setting(setting.value, setting.origin)


def _field(setting: Setting[T]) -> str:
    """The option or variable of a value: what its origin says after the first word."""
    return setting.origin.partition(" ")[2]
