"""The settings of one model server: what is written to `serving.json`.

`python -m platformctl_predictors.settings` prints the JSON schema. Whoever writes a settings file
validates it against that schema and does not import this package.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

DEFAULT_PATH = Path("/etc/platformctl/serving.json")

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=253)]
RevisionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][-A-Za-z0-9._]*$", max_length=253)]
AbsolutePath = Annotated[str, Field(pattern=r"^/", description="An absolute path.")]
ClassPath = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$",
        description="Import path of a kserve.Model subclass, as `package.module:Class`.",
    ),
]
Port = Annotated[int, Field(ge=1, le=65535)]


class Frozen(BaseModel):
    """An immutable value of a settings file; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UserClass(Frozen):
    """A class that the user wrote."""

    class_path: ClassPath = Field(alias="class")
    path: AbsolutePath | None = Field(
        default=None, description="Folder put first on Python's search path; null: none."
    )


class FormatPredictor(Frozen):
    """The predictor is one of ours; `auto` chooses by what is in the model's folder."""

    kind: Literal["auto", "sklearn", "pipeline", "onnx", "pyfunc"] = Field(
        description="docs/server-contract.md says what each is."
    )
    output: Literal["label", "probability", "both"] | None = Field(
        default=None, description="What a classifier answers; null: as the model was logged."
    )
    allow_version_skew: bool = Field(
        default=False, description="Serve a model that another scikit-learn version trained."
    )
    trusted_types: tuple[str, ...] = Field(
        default=(), description="Types of a skops file that are trusted beside those that MLmodel declares."
    )


class ClassPredictor(UserClass):
    """The predictor is a kserve.Model subclass of the user's."""

    kind: Literal["class"]


class RemotePredictor(Frozen):
    """The predictor is another model server, asked by gRPC."""

    kind: Literal["remote"]
    address: str = Field(
        pattern=r"^(unix:/.+|[^:/\s]+:\d+|\[[^\]\s]+\]:\d+)$",
        description="Its gRPC address: `host:port` or `unix:/path`.",
    )


class Features(Frozen):
    """Columns renamed, filled, cast and selected, in this order; names are those after renaming."""

    rename: Mapping[str, str] = Field(default={}, description="From the caller's name to the model's.")
    default: Mapping[str, bool | int | float | str] = Field(
        default={}, description="What a column holds where it is absent or null."
    )
    cast: Mapping[str, Literal["boolean", "integer", "long", "float", "double", "string", "datetime"]] = (
        Field(default={}, description="The type that a column's values are turned into.")
    )
    select: tuple[str, ...] | None = Field(
        default=None, description="The columns that go on, in order; null: all that the model knows."
    )


class FeatureTransformer(Frozen):
    """The transformer is our own, by columns."""

    features: Features


class TcpListen(Frozen):
    """HTTP, and gRPC if a port is given, on one address."""

    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104 a pod's server has to answer on the pod's address
    http: Port = Field(default=8080, description="Port of V1, V2, health and /metrics.")
    grpc: Port | None = Field(default=None, description="Port of V2 over gRPC; null: none.")


class UnixListen(Frozen):
    """HTTP, and gRPC if a path is given, on unix sockets: nothing listens on TCP."""

    unix: AbsolutePath = Field(description="Path of the HTTP socket; a stale one is replaced.")
    grpc: AbsolutePath | None = Field(default=None, description="Path of the gRPC socket; null: none.")


def _listen_kind(value: object) -> str:
    if isinstance(value, dict):
        return "unix" if "unix" in value else "tcp"
    return "unix" if isinstance(value, UnixListen) else "tcp"


def _transformer_kind(value: object) -> str:
    if isinstance(value, dict):
        return "features" if "features" in value else "class"
    return "features" if isinstance(value, FeatureTransformer) else "class"


class Batch(Frozen):
    """How requests share calls of the model."""

    rows: int = Field(default=64, ge=1, le=100_000, description="Rows in a joined call, at most.")
    by_row: bool | None = Field(
        default=None,
        description="Whether each row is computed from itself alone; null: where that is known.",
    )


class Limits(Frozen):
    """What is refused before it costs anything."""

    queue: int = Field(default=1000, ge=1, description="Requests that wait for the model, at most.")
    rows: int = Field(default=100_000, ge=1, description="Rows of one request, at most.")
    body_bytes: int = Field(default=32 * 2**20, ge=1024, description="Bytes of one request's body, at most.")
    body_seconds: float = Field(
        default=30.0, gt=0, description="Seconds for a body to arrive once its head has, at most."
    )


Predictor = Annotated[FormatPredictor | ClassPredictor | RemotePredictor, Field(discriminator="kind")]
Transformer = Annotated[
    Annotated[FeatureTransformer, Tag("features")] | Annotated[UserClass, Tag("class")],
    Discriminator(_transformer_kind),
]
Listen = Annotated[
    Annotated[TcpListen, Tag("tcp")] | Annotated[UnixListen, Tag("unix")],
    Discriminator(_listen_kind),
]


class Settings(Frozen):
    """What one model server serves, and where."""

    schema_version: Literal[1] = Field(description="Version of this file's format.")
    model_name: Name = Field(description="Name of the model in every URL.")
    revision: RevisionName = Field(description="Sent back as x-platformctl-revision; a label in /metrics.")
    model_dir: AbsolutePath = Field(default="/mnt/models", description="Folder of the model.")
    predictor: Predictor = Field(default=FormatPredictor(kind="auto"))
    transformer: Transformer | None = Field(
        default=None, description="Runs before and after the predictor, in the same process."
    )
    listen: Listen = Field(default=TcpListen())
    gpu: int = Field(default=0, ge=0, description="GPUs that were requested; 0: none is used.")
    batch: Batch = Field(default=Batch())
    limits: Limits = Field(default=Limits())
    access_log: float = Field(
        default=0.0, ge=0, le=1, description="The share of requests that get a line in the access log."
    )


class SettingsError(ValueError):
    """The settings cannot be used; `hint` is the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of a settings file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(by_alias=True),
    }


def read(path: Path) -> Settings:
    """Read and check a settings file.

    Raises:
        SettingsError: It cannot be read, is not JSON, or breaks the schema.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"settings {path} cannot be read: {error}", "pass the file with --settings FILE"
        ) from error
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        raise SettingsError(
            f"settings {path}: {_summary(error)}",
            "compare it with schemas/serving.schema.json; "
            "a schema_version other than 1 needs other model servers",
        ) from error


def _summary(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'the document'}: {problem['msg']}"
        for problem in error.errors(include_url=False)
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2, sort_keys=True) + "\n")
