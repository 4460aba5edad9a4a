"""What a model says of itself: from a parsed MLmodel file to ModelInfo. Pure.

Keys as MLflow 3 writes them: `flavors`, `signature`, `saved_input_example_info`, `model_size_bytes`.
"""

from collections.abc import Callable, Mapping

from platformctl.adapters.registry.resolving import Pinned, parse
from platformctl.domain.revision import ModelInfo, ModelVersion
from platformctl.domain.signatures import SignatureText

MLMODEL = "MLmodel"
_PYFUNC = "python_function"


def version_of(pinned: Pinned) -> ModelVersion:
    """A pinned version as the rest of us knows it."""
    return ModelVersion(
        model=pinned.model,
        version=pinned.version,
        model_id=pinned.model_id,
        uri=pinned.uri,
        info=info(pinned.mlmodel),
    )


def info(mlmodel: Mapping[str, object] | None) -> ModelInfo:
    """Read an MLmodel; what is missing or of another type than MLflow writes is left unknown."""
    if mlmodel is None:
        return ModelInfo()
    flavors = _mapping(mlmodel.get("flavors"))
    example = _mapping(mlmodel.get("saved_input_example_info"))
    size = mlmodel.get("model_size_bytes")
    return ModelInfo(
        flavor=_flavor(flavors),
        has_mlmodel=True,
        has_signature=bool(_mapping(mlmodel.get("signature")).get("inputs")),
        example=_text(example.get("serving_input_path")) or _text(example.get("artifact_path")),
        python_version=_text(_mapping(flavors.get(_PYFUNC)).get("python_version")),
        size_bytes=size if isinstance(size, int) else None,
    )


def signature(mlmodel: Mapping[str, object] | None) -> SignatureText | None:
    """Read what a model takes and gives; None if its MLmodel does not say it."""
    found = _mapping((mlmodel or {}).get("signature"))
    text = SignatureText(
        inputs=_text(found.get("inputs")),
        outputs=_text(found.get("outputs")),
        params=_text(found.get("params")),
    )
    return None if text == SignatureText() else text


def signature_of(version: ModelVersion, read: Callable[[ModelVersion, str], bytes]) -> SignatureText | None:
    """The same, with `read` for its files.

    Raises:
        NotFound: Its MLmodel is gone.
        CannotServe: Its MLmodel is not a YAML mapping.
    """
    if not version.info.has_mlmodel:
        return None
    return signature(parse(read(version, MLMODEL), version.label))


def _flavor(flavors: Mapping[str, object]) -> str | None:
    """The library that the model is of: its own flavour, else the one its pyfunc loader belongs to."""
    native = [name for name in flavors if name != _PYFUNC]
    if "sklearn" in native:
        return "sklearn"
    if native:
        return native[0]
    loader = _text(_mapping(flavors.get(_PYFUNC)).get("loader_module"))
    if loader is None:
        return None
    return _PYFUNC if loader == "mlflow.pyfunc.model" else loader.removeprefix("mlflow.")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
