"""ModelDeployment: what a person asks for. The only definition of the spec; the schema is generated.

Every field's description states its unit; its default is in the schema. The rules that a schema can
only hint at (reserved aliases, a memory of two bytes) are in `platformctl.domain.fields`.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from platformctl.domain import names
from platformctl.domain.base import Frozen
from platformctl.domain.components import Image, Predictor, Transformer
from platformctl.domain.fields import (
    AliasName,
    Count,
    DeploymentName,
    Flag,
    ModelName,
    Percent,
    TypeName,
    VersionNumber,
    refusal,
)
from platformctl.domain.options import ServerOptions
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.resources import Resources
from platformctl.domain.scaling import Scaling

API_VERSION: Literal["platformctl.io/v1alpha1"] = "platformctl.io/v1alpha1"


class Metadata(Frozen):
    """Who the deployment is."""

    name: DeploymentName = Field(
        description="The deployment's name: DNS-1123, at most 37 characters. It is the model name in "
        "the URLs of the prediction protocols, on every revision.",
    )


class ModelSource(Frozen):
    """Which model. Without `version`, `alias` and `path` the rules of `deploy` choose a version."""

    name: ModelName | None = Field(
        default=None,
        description="The registered model's name in MLflow. Default: the deployment's name.",
    )
    version: VersionNumber | None = Field(
        default=None,
        description="A version of the registered model: its number, without quotes. Default: none.",
    )
    alias: AliasName | None = Field(
        default=None,
        description="An alias of the registered model, such as champion. It is resolved once, when "
        "the deployment is made; manifests pin the version. Default: none.",
    )
    path: str | None = Field(
        default=None,
        min_length=1,
        description="A folder instead of a registry: with an MLmodel file, or with one model.joblib, "
        "model.pkl, model.skops or model.onnx. Relative to the spec's file. Default: none.",
    )
    signature: Literal["required", "optional"] = Field(
        default="required",
        description="required: an MLflow model without a signature is refused; optional: it is "
        "served. Without one no request can be checked, and a missing column is an error inside the model.",
    )
    allow_version_skew: Flag = Field(
        default=False,
        description="Whether a model is served that another version of scikit-learn trained. Its scores "
        "may then be wrong without any error.",
    )
    trusted_types: tuple[TypeName, ...] = Field(
        default=(),
        description="Types in a skops file that are trusted beside those that its MLmodel declares, as "
        "package.module.Type: loading them may run code. Default: none.",
    )

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> Self:
        given = [key for key in ("version", "alias", "path") if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"give only one of {', '.join(given)}")
        return self


class Promotion(Frozen):
    """What else happens when a canary is promoted."""

    alias: AliasName | None = Field(
        default=None,
        description="An alias in the registry that is moved to the promoted version. Default: none is moved.",
    )


class Spec(Frozen):
    """What is wanted."""

    model: ModelSource = Field(default=ModelSource(), description="Which model, and which version of it.")
    predictor: Predictor = Field(
        default="auto",
        description="What answers: auto (by what is in the model's folder), a format, a class or an image "
        "of one's own.",
    )
    transformer: Transformer | None = Field(
        default=None,
        description="What prepares features before the predictor: our own, by columns, a class or an image. "
        "An image is always separate. Default: none.",
    )
    serving: ServerOptions = Field(
        default=ServerOptions(), description="How each model server batches, what it refuses, what it logs."
    )
    resources: Resources = Field(default=Resources(), description="What one replica gets, and where.")
    scaling: Scaling = Field(default=Scaling(), description="How many replicas, and by what they scale.")
    canary: Percent | None = Field(
        default=None,
        description="The share of requests, in percent, that a new version gets until it is promoted. "
        "Default: none, a new version takes all once it is ready.",
    )
    keep: Count = Field(
        default=1,
        description="The number of previous revisions that stay warm after a promotion, for an instant "
        "rollback.",
    )
    promotion: Promotion = Field(default=Promotion(), description="What else a promotion does.")
    rollout: RolloutPolicy | None = Field(
        default=None,
        description="A new version takes over step by step, and goes back by itself if it is worse. `{}` is "
        "enough. Default: none, a person decides; platformctl deploy --auto does it with this policy's "
        "defaults.",
    )

    @model_validator(mode="after")
    def _one_way_to_take_over(self) -> Self:
        if self.canary is not None and self.rollout is not None:
            raise refusal(
                "has canary, which waits for a person, and rollout, which does not",
                f"leave canary out; steps: [{self.canary}, 100] begins as it would",
            )
        return self

    @model_validator(mode="after")
    def _an_image_of_something(self) -> Self:
        others = isinstance(self.predictor, Image) and isinstance(self.transformer, Image | None)
        if others and self.serving.image is not None:
            raise refusal(
                "serving.image is for our model servers, and here is none: predictor is an image of its own",
                "leave serving.image out",
            )
        return self


class ModelDeployment(Frozen):
    """One deployment of one model: the same document in Git, for the CLI and for an operator."""

    api_version: Literal["platformctl.io/v1alpha1"] = Field(
        default=API_VERSION, description="The version of this format."
    )
    kind: Literal["ModelDeployment"] = Field(default="ModelDeployment", description="This format.")
    metadata: Metadata = Field(description="The deployment's name.")
    spec: Spec = Field(default=Spec(), description="What is to serve, and how it gets there.")

    @property
    def name(self) -> names.Name:
        """The deployment's name."""
        return names.Name(self.metadata.name)

    def with_spec(self, **update: object) -> "ModelDeployment":
        """The same deployment, with some fields of its spec replaced."""
        return self.model_copy(update={"spec": self.spec.model_copy(update=update)})

    @property
    def model_name(self) -> str:
        """The registered model's name."""
        return self.spec.model.name or self.metadata.name
