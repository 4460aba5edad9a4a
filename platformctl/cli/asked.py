"""What `deploy` and `diff` are asked for: arguments and a spec file to a request. Nothing is changed yet."""

import re
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from platformctl.cli.options import Asked
from platformctl.domain import names
from platformctl.domain.components import CodeClass
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from platformctl.domain.fields import AliasName, Percent, TypeName, VersionNumber
from platformctl.domain.settings import Settings
from platformctl.domain.version_ref import Alias, Exact, VersionRef
from platformctl.usecases.overrides import Overrides
from platformctl.usecases.request import DeployRequest

_STDIN = "standard input"


def request(asked: Asked, settings: Settings) -> DeployRequest:
    """Read what was asked for, and the spec file if there is one.

    Raises:
        SpecError: It is wrong; the message says which option or field.
    """
    version = reference(asked.version, asked.alias)
    canary = _checked(Percent, asked.canary, "--canary") if asked.canary is not None else None
    name, model = _name(asked.name) if asked.name is not None else (None, None)
    spec = _spec(asked.file, name, settings)
    if spec is not None:
        name = _same(name, spec)
    if name is None:
        raise SpecError("a name or a file is missing", hint="platformctl deploy NAME, or -f FILE")
    return DeployRequest(
        name=name,
        spec=spec,
        model=model if spec is None else None,
        version=version,
        canary=canary,
        overrides=_overrides(asked),
    )


def _overrides(asked: Asked) -> Overrides:
    return Overrides(
        signature=asked.signature,
        allow_version_skew=asked.allow_version_skew,
        trusted_types=tuple(_checked(TypeName, name, "--trust-type") for name in asked.trusted_types),
        format=asked.model_format,
        output=asked.predicts,
    )


def reference(version: str | None, alias: str | None) -> VersionRef | None:
    """The version that the command says.

    Raises:
        SpecError: It is none, or both are given.
    """
    if version is not None and alias is not None:
        raise SpecError("give only one of --version and --alias", field="--version")
    if version is not None:
        return Exact(_version(version))
    if alias is not None:
        meant = re.fullmatch(r"[vV](\d+)", alias)
        if meant:
            raise SpecError(
                f"{alias!r} is a version, not an alias", field="--alias", hint=f"--version {meant[1]}"
            )
        return Alias(_checked(AliasName, alias, "--alias"))
    return None


def _version(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(_checked(VersionNumber, int(text[:18]), "--version"))
    meant = re.fullmatch(r"[vV](\d+)", text)
    hint = f"--version {meant[1]}" if meant else f"for an alias: --alias {text}"
    raise SpecError(f"{text!r} is not a version number", field="--version", hint=hint)


def _checked(kind: Any, value: object, option: str) -> Any:  # any of the spec's types
    """Hold an option to the rule of the spec's field of that type."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and kind in {Percent, VersionNumber}:
        value = int(value[:18])
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        context = detail.get("ctx", {})
        message = context.get("message", detail["msg"])
        raise SpecError(message, field=option, hint=context.get("hint")) from error


def _name(text: str) -> tuple[names.Name, str | None]:
    """The deployment's name, and the model's if that is not a name that a deployment can have."""
    suggestion = names.suggest(text)
    if re.match(names.NAME_PATTERN, text) or not suggestion:
        return names.name(text, "NAME"), None
    return names.name(suggestion, "NAME"), text


def _spec(file: str | None, name: names.Name | None, settings: Settings) -> ModelDeployment | None:
    """The spec in the file that was named, or on standard input, or in the context's folder of specs."""
    from platformctl.adapters import spec_files  # only who has a file pays for YAML

    if file == "-":
        text = spec_files.decoded(sys.stdin.buffer.read(spec_files.MOST_BYTES + 1), _STDIN)
        return anchored(spec_files.parse(text, _STDIN), Path.cwd())
    folder = settings.specs.value
    path = Path(file) if file is not None else None
    if path is None and folder is not None and name is not None:
        path = spec_files.find(folder, name)
    return anchored(spec_files.read(path), path.absolute().parent) if path else None


def _same(name: names.Name | None, spec: ModelDeployment) -> names.Name:
    if name is not None and name != spec.name:
        raise SpecError(
            f"the file says {spec.name!r}, the command {name!r}",
            field="metadata.name",
            hint="leave NAME out, or name the right file",
        )
    return spec.name


def anchored(wanted: ModelDeployment, folder: Path) -> ModelDeployment:
    """The spec with its relative paths made absolute: they start at the file's folder. Pure."""
    spec = wanted.spec
    update: dict[str, object] = {
        part: component.model_copy(update={"path": _below(folder, component.path)})
        for part, component in (("predictor", spec.predictor), ("transformer", spec.transformer))
        if isinstance(component, CodeClass) and component.path is not None
    }
    if spec.model.path is not None:
        update["model"] = spec.model.model_copy(update={"path": _below(folder, spec.model.path)})
    return wanted.with_spec(**update)


def _below(folder: Path, path: str) -> str:
    try:
        return str(Path(folder, Path(path).expanduser()).resolve())
    except RuntimeError as error:
        raise SpecError(f"{path} names a person whose home is not known", hint="write it in full") from error
