"""The shapes of a predictor and of a transformer in a spec, and how one is told from another."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag

from platformctl.domain.base import Frozen
from platformctl.domain.features import Features
from platformctl.domain.fields import Flag, ImageReference, Port
from platformctl.domain.kube_names import Variables

WORD_TAG, FORMAT_TAG, CLASS_TAG, IMAGE_TAG = "<word>", "<format>", "<class>", "<image>"
FEATURES_TAG, TRANSFORMER_CLASS_TAG = "<features>", "<transformer class>"
"""The shapes of a predictor or transformer. No key of a file: pydantic puts them into its paths."""

IMPORT_PATH = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"

ModelFormat = Literal["auto", "sklearn", "pipeline", "onnx", "pyfunc"]
Output = Literal["label", "probability", "both"]
Placement = Literal["collocated", "separate"]


class Format(Frozen):
    """One of our own model servers."""

    format: ModelFormat = Field(
        default="auto",
        description="How the model is run. auto: the fastest way that is exact, by what is in the model's "
        "folder; sklearn: the estimator, preprocessing fused; pipeline: as it was saved; onnx: ONNX "
        "Runtime; pyfunc: mlflow.pyfunc.",
    )
    output: Output | None = Field(
        default=None,
        description="What a classifier answers: its label, the probability of each class, or both. "
        "Default: as the model was logged.",
    )


class CodeClass(Frozen):
    """A class of one's own: a subclass of kserve.Model."""

    class_: str = Field(
        alias="class", pattern=IMPORT_PATH, description="Import path, as package.module:Class."
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="The folder that holds the package, put first on the import path. Relative to "
        "the spec's file. Default: none, the class is installed where the model is served.",
    )


_Placed = Annotated[
    Placement,
    Field(
        description="collocated: in the predictor's process; separate: in a process of its own, which asks "
        "the predictor by gRPC."
    ),
]


class TransformerClass(CodeClass):
    """A class of one's own: a subclass of kserve.Model."""

    placement: _Placed = "collocated"


class FeatureTransformer(Frozen):
    """Our own transformer, by columns."""

    features: Features = Field(description="What is done with the columns of a request, in this order.")
    placement: _Placed = "collocated"


class Image(Frozen):
    """A container image of one's own. Only for clusters."""

    image: ImageReference = Field(description="The image's reference, as a container registry knows it.")
    args: tuple[str, ...] = Field(
        default=(), description="Arguments of its entry point, each a text. Default: none."
    )
    port: Port = Field(default=8080, description="The port on which it answers HTTP.")
    env: Variables = Field(
        default={}, description="Variables of its environment, each a text; no secrets. Default: none."
    )
    protocol: Literal["v1", "v2"] = Field(
        default="v1",
        description="What it speaks: v1, KServe's own; v2, the Open Inference Protocol.",
    )
    model: Flag = Field(
        default=True,
        description="Whether a predictor finds the model's files at /mnt/models, read-only, when it starts. "
        "A transformer gets none.",
    )


def _predictor_kind(value: object) -> str | None:
    if isinstance(value, str):
        return WORD_TAG if value == "auto" else None
    return _by_keys(value, {"format": FORMAT_TAG, "class": CLASS_TAG, "image": IMAGE_TAG}) or (
        FORMAT_TAG if set(_keys(value)) == {"output"} else None
    )


def _transformer_kind(value: object) -> str | None:
    tags = {"features": FEATURES_TAG, "class": TRANSFORMER_CLASS_TAG, "image": IMAGE_TAG}
    return _by_keys(value, tags)


def _by_keys(value: object, tags: Mapping[str, str]) -> str | None:
    """Say which shape is meant, by the key that only that one has."""
    keys = _keys(value)
    meant = [tag for key, tag in tags.items() if key in keys]
    return meant[0] if len(meant) == 1 else None


def _keys(value: object) -> frozenset[str]:
    """The keys of a mapping; the fields of a model that was built in Python, without the `_` of `class_`."""
    if isinstance(value, Mapping):
        return frozenset(map(str, value)) | ({"class"} if "class_" in value else frozenset())
    return frozenset(name.rstrip("_") for name in getattr(type(value), "model_fields", ()))


def _plain(predictor: Literal["auto"] | Format | CodeClass | Image) -> object:
    """One spelling for one meaning: `{format: auto}` is `auto`."""
    return "auto" if predictor == Format() else predictor


Predictor = Annotated[
    Annotated[
        Annotated[Literal["auto"], Tag(WORD_TAG)]
        | Annotated[Format, Tag(FORMAT_TAG)]
        | Annotated[CodeClass, Tag(CLASS_TAG)]
        | Annotated[Image, Tag(IMAGE_TAG)],
        Discriminator(
            _predictor_kind,
            custom_error_type="component",
            custom_error_message="write auto, a format, a class or an image",
        ),
    ],
    AfterValidator(_plain),
]
Transformer = Annotated[
    Annotated[FeatureTransformer, Tag(FEATURES_TAG)]
    | Annotated[TransformerClass, Tag(TRANSFORMER_CLASS_TAG)]
    | Annotated[Image, Tag(IMAGE_TAG)],
    Discriminator(
        _transformer_kind,
        custom_error_type="component",
        custom_error_message="write features, a class or an image",
    ),
]
