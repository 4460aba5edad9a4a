"""ModelDeployment: what a person asks for. The only definition of the spec; the schema is generated.

Every field's description states its unit; its default is in the schema.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from platformctl.domain import names, quantity
from platformctl.domain.base import Frozen
from platformctl.domain.errors import SpecError

API_VERSION: Literal["platformctl.io/v1alpha1"] = "platformctl.io/v1alpha1"

IMPORT_PATH = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"
ALIAS_PATTERN = r"^(?!latest$)(?!v\d+$)[^/.:\s][^/.:]*$"


def _name(text: str) -> str:
    try:
        return names.name(text)
    except SpecError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise ValueError(f"{error.message}{hint}") from error


def _quantity(text: str) -> str:
    if quantity.parse(text) <= 0:
        raise ValueError(f"{text!r} must be more than nothing")
    return text


Quantity = Annotated[str, AfterValidator(_quantity)]
Count = Annotated[int, Field(ge=0, le=10_000, strict=True)]


class Metadata(Frozen):
    """Who the deployment is."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="The deployment's name: DNS-1123, at most 37 characters. It is the model name in "
        "the URLs of the prediction protocols, on every revision.",
    )


class ModelSource(Frozen):
    """Which model. Without `version`, `alias` and `path` the rules of `deploy` choose a version."""

    name: str | None = Field(
        default=None,
        min_length=1,
        description="The registered model's name in MLflow. Default: the deployment's name.",
    )
    version: Annotated[int, Field(ge=1, strict=True)] | None = Field(
        default=None, description="A version number of the registered model."
    )
    alias: str | None = Field(
        default=None,
        pattern=ALIAS_PATTERN,
        description="An alias of the registered model, such as champion. It is resolved once, when "
        "the deployment is made; manifests pin the version.",
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="A folder instead of a registry: with an MLmodel file, or with one model.joblib, "
        "model.pkl or model.skops. Relative to the spec's file.",
    )
    signature: Literal["required", "optional"] = Field(
        default="required",
        description="Whether an MLflow model without a signature is refused. Without one no request "
        "can be checked, and a missing column is an error inside the model.",
    )

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> Self:
        given = [key for key in ("version", "alias", "path") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"give only one of {', '.join(given)}")
        return self


class CodeClass(Frozen):
    """A class of one's own: a subclass of kserve.Model."""

    class_: str = Field(
        alias="class", pattern=IMPORT_PATH, description="Import path, as package.module:Class."
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="The folder that holds the package, put first on the import path. Relative to "
        "the spec's file. Default: the class is installed where the model is served.",
    )


class Image(Frozen):
    """A container image of one's own. Only for clusters."""

    image: str = Field(min_length=1, pattern=r"^\S+$", description="The image's reference.")
    args: tuple[str, ...] = Field(default=(), description="Arguments of its entry point.")


Predictor = Literal["auto"] | CodeClass | Image
Transformer = CodeClass | Image


class Resources(Frozen):
    """What one replica gets, as request and as limit. The local target does not enforce it."""

    cpu: Quantity = Field(default="1", description="Cores: 1, 0.5 or 500m.")
    memory: Quantity = Field(default="2Gi", description="Bytes: 512Mi, 2Gi.")


class Scaling(Frozen):
    """How many replicas. Changed in place: it is not part of a revision."""

    min: Annotated[int, Field(ge=1, le=10_000, strict=True)] = Field(
        default=1, description="Replicas of a revision that serves, at least."
    )
    max: Annotated[int, Field(ge=1, le=10_000, strict=True)] | None = Field(
        default=None,
        description="Replicas at most. Default: the same as min. The local target does not scale by itself.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max ({self.max}) is less than min ({self.min})")
        return self


class Promotion(Frozen):
    """What else happens when a canary is promoted."""

    alias: str | None = Field(
        default=None,
        pattern=ALIAS_PATTERN,
        description="An alias in the registry that is moved to the promoted version.",
    )


class Spec(Frozen):
    """What is wanted."""

    model: ModelSource = Field(default_factory=ModelSource, description="Which model.")
    predictor: Predictor = Field(
        default="auto",
        description="What answers: auto (by the model's format), a class or an image of one's own.",
    )
    transformer: Transformer | None = Field(
        default=None,
        description="What prepares features before the predictor: a class or an image. Default: none.",
    )
    resources: Resources = Field(default_factory=Resources, description="What one replica gets.")
    scaling: Scaling = Field(default_factory=Scaling, description="How many replicas.")
    canary: Annotated[int, Field(ge=1, le=99, strict=True)] | None = Field(
        default=None,
        description="The share of requests, in percent, that a new version gets until it is promoted. "
        "Default: none, a new version takes all once it is ready.",
    )
    keep: Count = Field(
        default=1,
        description="Previous revisions that stay warm after a promotion, for an instant rollback.",
    )
    promotion: Promotion = Field(default_factory=Promotion, description="What else a promotion does.")


class ModelDeployment(Frozen):
    """One deployment of one model: the same document in Git, for the CLI and for an operator."""

    api_version: Literal["platformctl.io/v1alpha1"] = Field(
        default=API_VERSION, description="The version of this format."
    )
    kind: Literal["ModelDeployment"] = Field(default="ModelDeployment", description="This format.")
    metadata: Metadata = Field(description="Who the deployment is.")
    spec: Spec = Field(default_factory=Spec, description="What is wanted.")

    @property
    def name(self) -> names.Name:
        """The deployment's name."""
        return names.Name(self.metadata.name)

    @property
    def model_name(self) -> str:
        """The registered model's name."""
        return self.spec.model.name or self.metadata.name
