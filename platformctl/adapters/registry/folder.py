"""Files in a folder instead of a registry: an MLmodel, or one bare model file."""

from pathlib import Path

from platformctl.adapters.registry import files, mlmodel, resolving
from platformctl.domain.errors import NotFound, Refused, SpecError
from platformctl.domain.revision import ModelInfo, ModelVersion
from platformctl.domain.signatures import SignatureText
from platformctl.domain.version_ref import Folder, VersionRef

BARE = ("model.joblib", "model.pkl", "model.skops", "model.onnx")
_FIELD = "spec.model.path"
_LONGEST_SIGNATURE = 16 * 1024
"""Characters of JSON: some 200 columns."""


class FolderRegistry:
    """A Registry whose models are folders.

    Args:
        base: What a relative path is relative to: the folder of the spec's file.
    """

    def __init__(self, base: Path = Path()) -> None:
        self._base = base

    def resolve(self, model: str, ref: VersionRef) -> ModelVersion:
        """Pin a folder by the digest of its files. `model` is only its name.

        Raises:
            NotFound: The folder is not there, or holds no model.
            SpecError: It is a file, or holds several candidates, or `ref` is not a folder.
            Refused: Its MLmodel cannot be read.
        """
        if not isinstance(ref, Folder):
            raise SpecError("a folder has no versions and no aliases", field=_FIELD)
        folder = (self._base / Path(ref.path).expanduser()).resolve()
        _must_be_folder(folder)
        return ModelVersion(
            model=model,
            version=None,
            uri=str(folder),
            content=files.digest_of_folder(folder),
            info=_info(folder, any_files=ref.any_files),
        )

    def read(self, version: ModelVersion, path: str) -> bytes:
        """Read one file of the folder."""
        return files.read(Path(version.uri), path)

    def signature(self, version: ModelVersion) -> SignatureText | None:
        """What its MLmodel said when it was pinned; the folder may hold another model by now."""
        return version.info.signature

    def download(self, version: ModelVersion, folder: Path) -> None:
        """Copy the folder.

        Raises:
            Refused: Its files are not those that were pinned, or something cannot be read or written.
        """
        source = Path(version.uri)
        _must_be_folder(source)
        files.copy(source, folder)
        if files.digest_of_folder(folder) != version.content:
            raise Refused(
                f"{source} has changed since it was looked at",
                field=_FIELD,
                hint="deploy it again; keep a folder that is being deployed as it is",
            )

    def move_alias(self, model: str, alias: str, version: str) -> None:
        """Refuse: a folder has no aliases."""
        raise SpecError(
            f"{model} is a folder: there is no alias {alias!r} to move to version {version}",
            field=_FIELD,
            hint="leave out --alias, or register the model in MLflow",
        )


def _must_be_folder(folder: Path) -> None:
    if not folder.exists():
        raise NotFound(f"there is no folder {folder}", field=_FIELD)
    if not folder.is_dir():
        raise SpecError(
            f"{folder} is a file, not a folder", field=_FIELD, hint=f"name its folder, {folder.parent}"
        )


def _info(folder: Path, *, any_files: bool) -> ModelInfo:
    if (folder / "MLmodel").is_file():
        return _declared(folder)
    if any_files:
        return ModelInfo()
    candidates = [name for name in BARE if (folder / name).is_file()]
    if not candidates:
        raise NotFound(
            f"{folder} holds no model",
            field=_FIELD,
            hint=f"it needs an MLmodel file, or one of {', '.join(BARE)}",
        )
    if len(candidates) > 1:
        raise SpecError(
            f"{folder} holds {len(candidates)} models: {', '.join(candidates)}",
            field=_FIELD,
            hint="leave one of them in it",
        )
    return ModelInfo(size_bytes=(folder / candidates[0]).stat().st_size)


def _declared(folder: Path) -> ModelInfo:
    with files.writing(folder):
        text = (folder / "MLmodel").read_bytes()
    document = resolving.parse(text, str(folder))
    return mlmodel.info(document).model_copy(update={"signature": _short(mlmodel.signature(document))})


def _short(signature: SignatureText | None) -> SignatureText | None:
    """It is recorded with the deployment, where a cluster has no room for thousands of columns."""
    return signature if signature and len(signature.model_dump_json()) <= _LONGEST_SIGNATURE else None
