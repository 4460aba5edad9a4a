"""What serves, and why: `GET /platformctl/about`."""

import sys
from typing import Any

from platformctl_predictors.formats.loading import Pick
from platformctl_predictors.formats.mlmodel import installed
from platformctl_predictors.serving.build import Built
from platformctl_predictors.serving.remote import hop
from platformctl_predictors.settings import FeatureTransformer, Settings, UserClass

_LIBRARIES = {
    "platformctl_predictors": "platformctl-predictors",
    "kserve": "kserve",
    "sklearn": "scikit-learn",
    "onnxruntime": "onnxruntime",
    "mlflow": "mlflow",
    "numpy": "numpy",
    "pandas": "pandas",
    "skops": "skops",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "torch": "torch",
    "tensorflow": "tensorflow",
}
"""By the module whose import shows that it takes part."""

_FLAVORS = {"fused": "sklearn", "pipeline": "sklearn", "onnx": "onnx", "pyfunc": "python_function"}
_SERVED_BY = {"fused": "scikit-learn", "pipeline": "scikit-learn", "onnx": "onnxruntime", "pyfunc": "mlflow"}


def about(settings: Settings, built: Built) -> dict[str, Any]:
    """The document. Called once all is loaded: it names the libraries that were imported.

    Args:
        settings: What was asked for.
        built: What came of it.
    """
    calls = getattr(built.predictor, "calls", None)
    return {
        "model": settings.model_name,
        "revision": settings.revision,
        "runtime": built.pick.runtime,
        "why": built.pick.why,
        "faster": [{"runtime": way.runtime, "needs": way.needs} for way in built.pick.faster],
        "transformer": _transformer(settings),
        "signature": hop.describe(built.signature),
        "batch": {"rows": settings.batch.rows, "by_row": calls is not None and calls.by_row},
        "gpu": settings.gpu,
        "libraries": _libraries(),
    }


def info(pick: Pick) -> dict[str, str]:
    """The labels of `platformctl_model_info`: how it is served, and by which version of which library."""
    library = _SERVED_BY.get(pick.runtime, "")
    return {
        "runtime": pick.runtime,
        "flavor": _FLAVORS.get(pick.runtime, ""),
        "version": _version(library) if library else "",
    }


def _transformer(settings: Settings) -> str | None:
    if isinstance(settings.transformer, UserClass):
        return settings.transformer.class_path
    return "features" if isinstance(settings.transformer, FeatureTransformer) else None


def _libraries() -> dict[str, str]:
    found = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for module, distribution in _LIBRARIES.items():
        if module in sys.modules:
            found[distribution] = _version(distribution)
    return found


def _version(distribution: str) -> str:
    return installed(distribution) or "unknown"
