"""A registry, in memory."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from platformctl.domain.errors import Conflict, NotFound, Refused, Unreachable
from platformctl.domain.revision import ModelInfo, ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest, VersionRef

_FILES = {"MLmodel": b"flavors: {sklearn: {}}", "data/model.skops": b"\x00\x01"}
_SKLEARN = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True)


def mlmodel(**parts: list[dict[str, object]]) -> bytes:
    """An MLmodel of scikit-learn, with the parts of a signature as MLflow's `to_dict` has them."""
    signature = {part: json.dumps(specs) for part, specs in parts.items()}
    return yaml.safe_dump({"flavors": {"sklearn": {}}, "signature": signature}).encode()


def columns(**types: str) -> list[dict[str, object]]:
    """Columns by name, each of a type that MLflow names; `?` after it where it may be absent."""
    return [
        {"name": name, "type": kind.removesuffix("?"), "required": not kind.endswith("?")}
        for name, kind in types.items()
    ]


@dataclass(frozen=True)
class FakeVersion:
    """A version as a registry has it.

    Args:
        status: READY, or what else MLflow knows: PENDING_REGISTRATION, FAILED_REGISTRATION.
        files: Content by path; None if they were deleted behind the registry's back.
        info: What its MLmodel says.
    """

    status: str = "READY"
    files: Mapping[str, bytes] | None = field(default_factory=lambda: _FILES)
    info: ModelInfo = _SKLEARN

    @property
    def can_serve(self) -> bool:
        """Whether it is READY and its files are there."""
        return self.status == "READY" and self.files is not None


@dataclass
class FakeRegistry:
    """Registered models, their aliases, and folders beside the registry.

    Args:
        models: Versions by model and number.
        aliases: Version numbers by model and alias.
        folders: Files by absolute path of a folder, for `Folder` references.
        is_down: Whether every call ends in `Unreachable`.
        rival: The version to which somebody else points every alias right after us.
    """

    models: dict[str, dict[str, FakeVersion]] = field(default_factory=dict)
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    folders: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    is_down: bool = False
    rival: str | None = None

    def register(self, model: str, *versions: FakeVersion) -> None:
        """Add versions to a model, numbered on from the last one."""
        known = self.models.setdefault(model, {})
        known |= {str(len(known) + n): version for n, version in enumerate(versions, 1)}

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        self._reach()
        match ref:
            case Folder(path):
                return self._folder(model, path)
            case Exact(number):
                return self._pin(model, str(number))
            case Alias(alias):
                return self._pin(model, self._alias(model, alias))
            case Newest():
                return self._pin(model, self._newest(model))

    def read(self, version: ModelVersion, path: str) -> bytes:
        self._reach()
        files = self._files(version)
        if path not in files:
            raise NotFound(f"{version.label} has no file {path!r}")
        return files[path]

    def signature(self, version: ModelVersion) -> SignatureText | None:
        if version.version is None or not version.info.has_mlmodel:
            return version.info.signature
        return _signature(self.read(version, "MLmodel"))

    def download(self, version: ModelVersion, folder: Path) -> None:
        self._reach()
        for path, content in self._files(version).items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    def move_alias(self, model: str, alias: str, version: str) -> None:
        self._reach()
        self._version(model, version)
        self.aliases[model, alias] = self.rival or version
        if self.rival and self.rival != version:
            raise Conflict(f"{alias} of {model} is version {self.rival} now", owner="somebody else")

    def _pin(self, model: str, number: str) -> ModelVersion:
        version = self._version(model, number)
        if version.status != "READY":
            raise Refused(f"{model} v{number} is {version.status}", hint="choose a version that is READY")
        if version.files is None:
            raise Refused(f"the files of {model} v{number} were deleted", hint="choose another version")
        uri, model_id = f"/artifacts/{model}/{number}", f"m-{model}-{number}"
        return ModelVersion(model=model, version=number, model_id=model_id, uri=uri, info=version.info)

    def _version(self, model: str, number: str) -> FakeVersion:
        version = self._versions(model).get(number)
        if version is None:
            raise NotFound(
                f"{model} has no version {number}",
                field="spec.model.version",
                hint=f"it has {', '.join(self.models[model])}",
            )
        return version

    def _versions(self, model: str) -> Mapping[str, FakeVersion]:
        if model not in self.models:
            raise NotFound(f"there is no registered model {model!r}")
        return self.models[model]

    def _alias(self, model: str, alias: str) -> str:
        self._versions(model)
        if (model, alias) not in self.aliases:
            raise NotFound(f"{model} has no alias {alias!r}", field="spec.model.alias")
        return self.aliases[model, alias]

    def _newest(self, model: str) -> str:
        ready = [number for number, version in self._versions(model).items() if version.can_serve]
        if not ready:
            raise NotFound(f"{model} has no version that is READY")
        return max(ready, key=int)

    def _folder(self, model: str, path: str) -> ModelVersion:
        if path not in self.folders:
            raise NotFound(f"there is no folder {path}")
        digest = hashlib.sha256(repr(sorted(self.folders[path].items())).encode()).hexdigest()
        said = self.folders[path].get("MLmodel")
        info = (
            ModelInfo(has_mlmodel=True, has_signature=True, signature=_signature(said))
            if said
            else ModelInfo()
        )
        return ModelVersion(model=model, version=None, uri=path, content=digest, info=info)

    def _files(self, version: ModelVersion) -> Mapping[str, bytes]:
        if version.version is None:
            return self.folders[version.uri]
        files = self._version(version.model, version.version).files
        if files is None:
            raise NotFound(f"the files of {version.label} were deleted")
        return files

    def _reach(self) -> None:
        if self.is_down:
            raise Unreachable("the registry does not answer", hint="is it running?")


def _signature(content: bytes) -> SignatureText | None:
    said = (yaml.safe_load(content) or {}).get("signature")
    return SignatureText.model_validate(said) if said else None
