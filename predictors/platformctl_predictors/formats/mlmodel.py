"""The MLmodel file and what lies beside it.

Format: https://mlflow.org/docs/latest/ml/model/#mlmodel-file (YAML; the signature is JSON in it).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

import yaml

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.inputs.params import checked_params
from platformctl_predictors.inputs.signature import (
    AsIs,
    BadSignature,
    Param,
    Signature,
    parse_inputs,
    parse_output_names,
)

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*])?==([^\s;#]+)")
_EXAMPLES = ("serving_input_example.json", "input_example.json")


@dataclass(frozen=True, slots=True)
class MLmodel:
    """A model saved by MLflow.

    Args:
        folder: Where the file lies.
        flavors: The file's own mapping, flavour by flavour.
        signature: What the model takes; None: it does not say.
        output_names: Those of its outputs that have a name.
        params: The parameters of a request that it knows.
    """

    folder: Path
    flavors: Mapping[str, Mapping[str, Any]]
    signature: Signature | None
    output_names: tuple[str, ...]
    params: tuple[Param, ...] = ()

    @property
    def flavor_names(self) -> str:
        """The flavours' names, for a message."""
        return ", ".join(sorted(self.flavors)) or "none"


def read(folder: Path) -> MLmodel | None:
    """What MLflow saved in a folder; None if MLflow did not.

    Raises:
        Exit: 65, the MLmodel file is corrupt.
    """
    path = folder / "MLmodel"
    if not path.is_file():
        return None
    try:
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return _parse(folder, content)
    except (OSError, yaml.YAMLError, BadSignature, TypeError, KeyError) as error:
        raise Exit(
            Code.MODEL,
            f"{path} is corrupt: {type(error).__name__}: {error}",
            "log the model again with MLflow, or copy it again in full",
        ) from error


def version_differences(model: MLmodel) -> list[str]:
    """Libraries, Python included, whose version the model names and this process has not."""
    wanted = _pins(model.folder / "requirements.txt")
    sklearn = model.flavors.get("sklearn", {}).get("sklearn_version")
    if sklearn:
        wanted["scikit-learn"] = str(sklearn)
    differences = [
        f"{name} {version} is wanted, {have or 'none'} is installed"
        for name, version in sorted(wanted.items())
        if (have := installed(name)) != version
    ]
    python = str(model.flavors.get("python_function", {}).get("python_version") or "")
    if python and python.split(".")[:2] != python_version().split(".")[:2]:
        differences.insert(0, f"Python {python} is wanted, this is {python_version()}")
    return differences


def predict_fn(model: MLmodel | None) -> str:
    """The method that a model was logged to be asked by."""
    flavors = {} if model is None else model.flavors
    return str(flavors.get("python_function", {}).get("predict_fn") or "predict")


def code_folder(model: MLmodel) -> Path | None:
    """The folder of Python code that was logged with the model."""
    for flavor in ("sklearn", "python_function"):
        code = model.flavors.get(flavor, {}).get("code")
        if code:
            return model.folder / str(code)
    return None


def example_rows(folder: Path) -> list[Any] | None:
    """The rows of the model's own input example; None if it has none that is JSON rows.

    Raises:
        ValueError: The example is not JSON.
    """
    path = next((folder / name for name in _EXAMPLES if (folder / name).is_file()), None)
    if path is None:
        return None
    return _rows(json.loads(path.read_text(encoding="utf-8")))


def _parse(folder: Path, content: Any) -> MLmodel:  # any YAML document
    flavors = content["flavors"]
    if not isinstance(flavors, dict) or not all(isinstance(f, dict) for f in flavors.values()):
        raise TypeError("flavors is not a mapping of mappings")
    signature = content.get("signature") or {}
    inputs, outputs, params = (signature.get(part) for part in ("inputs", "outputs", "params"))
    parsed: Signature | None = parse_inputs(inputs) if inputs else None
    if content.get("is_signature_from_type_hint"):
        parsed = AsIs()
    names = parse_output_names(outputs) if outputs else ()
    return MLmodel(folder, flavors, parsed, names, checked_params(params) if params else ())


def _pins(requirements: Path) -> dict[str, str]:
    if not requirements.is_file():
        return {}
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    found = (_PIN.match(line.strip()) for line in lines)
    return {match[1].lower(): match[2] for match in found if match}


def installed(name: str) -> str | None:
    """The version of a distribution; None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _rows(example: Any) -> list[Any] | None:  # any JSON document
    if isinstance(example, list):
        return example
    if not isinstance(example, dict):
        return None
    if "dataframe_split" in example:
        example = example["dataframe_split"]
    if "data" in example and "columns" in example:
        return [dict(zip(example["columns"], row, strict=True)) for row in example["data"]]
    for key in ("instances", "inputs", "dataframe_records"):
        if isinstance(example.get(key), list):
            return list(example[key])
    return None
