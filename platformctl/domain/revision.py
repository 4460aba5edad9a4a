"""Revision: one immutable thing that can serve, named by a digest of what it is made of."""

import hashlib
import json
from typing import Any, Literal

from pydantic import Field

from platformctl.domain.base import Frozen
from platformctl.domain.components import Image, ModelFormat, Output, Placement
from platformctl.domain.features import Features
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.options import ServerOptions
from platformctl.domain.resources import Resources
from platformctl.domain.scaling import Prometheus
from platformctl.domain.signatures import SignatureText

_DIGEST_DIGITS = 6


class ModelInfo(Frozen):
    """What the model says of itself (its MLmodel file). Not part of a revision's identity."""

    flavor: str | None = Field(default=None, description="sklearn, xgboost, … or None without MLmodel")
    has_mlmodel: bool = False
    has_signature: bool = False
    example: str | None = Field(default=None, description="Path of its serving input example.")
    signature: SignatureText | None = Field(
        default=None, description="Of a folder, whose files may change; a registry is asked for it."
    )
    python_version: str | None = None
    size_bytes: int | None = None


class ModelVersion(Frozen):
    """A version of a registered model, pinned; or a folder.

    Args:
        model: The registered model's name; a folder's own name.
        version: Its number as text; None for a folder.
        model_id: MLflow's id of the logged model (`m-…`), if it has one.
        uri: Where the artifacts are, as the registry resolved it; a folder's absolute path.
        content: SHA-256 over a folder's files; None for a registry's version, which never changes.
        info: What the model says of itself.
    """

    model: str
    version: str | None
    model_id: str | None = None
    uri: str
    content: str | None = None
    info: ModelInfo = ModelInfo()

    @property
    def label(self) -> str:
        """As people say it: `churn v4`, or the folder."""
        return f"{self.model} v{self.version}" if self.version else self.uri


class Code(Frozen):
    """A person's class, with its source pinned.

    Args:
        class_: Import path, `package.module:Class`.
        path: The folder that holds it, absolute; None if it is installed. Not part of the identity.
        content: SHA-256 over that folder's files; None if it is installed.
    """

    class_: str = Field(alias="class")
    path: str | None = None
    content: str | None = None


class ByFormat(Frozen):
    """One of our own model servers, where the spec says more than `auto`.

    Args:
        format: How the model is run.
        output: What a classifier answers; None: as the model was logged.
        allow_version_skew: Whether a model of another scikit-learn is served.
        trusted_types: Types of a skops file that are trusted beside those that it declares; sorted.
    """

    format: ModelFormat = "auto"
    output: Output | None = None
    allow_version_skew: bool = False
    trusted_types: tuple[str, ...] = ()


class Revision(Frozen):
    """Everything that decides what is served, and nothing else.

    Scaling is not part of it (it changes in place), nor are rendered bytes or our own version: the
    same input has the same name everywhere.

    Args:
        placement: Of a transformer that is no image.
        serving: How each model server of it works.
    """

    deployment: Name
    model: ModelVersion
    predictor: Literal["auto"] | ByFormat | Code | Image = "auto"
    transformer: Features | Code | Image | None = None
    placement: Placement = "collocated"
    serving: ServerOptions = ServerOptions()
    resources: Resources = Resources()

    @property
    def id(self) -> RevisionId:
        """`churn-v4-3f9a1c`: deployment, version, and six digits of the digest."""
        version = f"v{self.model.version}" if self.model.version else "files"
        return RevisionId(f"{self.deployment}-{version}-{self.digest[:_DIGEST_DIGITS]}")

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the canonical JSON of exactly the inputs that decide what is served."""
        canonical = json.dumps(self._identity(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _identity(self) -> dict[str, Any]:
        """The inputs: the first ones always, later ones only where they are not the default.

        So a field that is added renames nothing that is deployed already.
        """
        apart: Any = {
            "model": {"info"} | ({"uri"} if self.model.content else set()),
            "predictor": {"path"},
            "transformer": {"path"},
        }
        everything = self.model_dump(mode="json", exclude=apart)
        chosen = self.model_dump(mode="json", exclude=apart, exclude_defaults=True)
        first = {key: everything[key] for key in ("deployment", "model", "predictor", "transformer")}
        for part in ("predictor", "transformer"):
            value = getattr(self, part)
            if isinstance(value, ByFormat | Features):
                first[part] = chosen[part]
            elif isinstance(value, Image):
                first[part] = chosen[part] | {key: everything[part][key] for key in ("image", "args")}
        resources = {key: everything["resources"][key] for key in ("cpu", "memory")}
        return {**chosen, **first, "resources": {**chosen.get("resources", {}), **resources}}


class Scale(Frozen):
    """Replicas of one revision, at least and at most, and by what they become more and fewer in between.

    Args:
        cpu: Percent of the requested processor time that they are held at; None: it does not matter.
        memory: The same of memory.
        prometheus: The query that they are held to, with the revision's name in it.
        concurrency: Requests at a time that each is to have.
        rps: Requests a second that each is to have.
        by_default: Whether nobody has named a target, and `cpu` only stands in: what has a rule of its own
            takes that.
        shared: Whether it has to do with the GPUs that others leave it: room for more is not asked.
    """

    minimum: int = Field(default=1, ge=0)
    maximum: int = Field(default=1, ge=1)
    cpu: int | None = None
    memory: int | None = None
    prometheus: Prometheus | None = None
    concurrency: int | None = None
    rps: int | None = None
    by_default: bool = False
    shared: bool = False

    def is_met_by(self, told: "Scale") -> bool:
        """Whether what is told to keep to `told` does what this one asks for.

        What is told has the targets as they came out: of a default, those here or a rule of its own.
        """
        if told == self or not self.by_default:
            return told == self
        said = self.model_copy(update={"by_default": False})
        return told in (said, said.model_copy(update={"cpu": None}))
