"""The settings of one model server: what is written to `serving.json`.

`python -m platformctl_predictors.settings` prints the JSON schema. Whoever writes a settings file
validates it against that schema and does not import this package.
"""

import json
import sys
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


class AutoPredictor(Frozen):
    """The predictor is chosen by what is in the model's folder."""

    kind: Literal["auto"]


class ClassPredictor(UserClass):
    """The predictor is a kserve.Model subclass of the user's."""

    kind: Literal["class"]


class TcpListen(Frozen):
    """HTTP, and gRPC if a port is given, on one address."""

    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104 a pod's server has to answer on the pod's address
    http: Port = Field(default=8080, description="Port of V1, V2, health and /metrics.")
    grpc: Port | None = Field(default=None, description="Port of V2 over gRPC; null: none.")


class UnixListen(Frozen):
    """HTTP on a unix socket only: nothing listens on TCP."""

    unix: AbsolutePath = Field(description="Path of the socket; a stale one is replaced.")


def _listen_kind(value: object) -> str:
    if isinstance(value, dict):
        return "unix" if "unix" in value else "tcp"
    return "unix" if isinstance(value, UnixListen) else "tcp"


Predictor = Annotated[AutoPredictor | ClassPredictor, Field(discriminator="kind")]
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
    predictor: Predictor = Field(default=AutoPredictor(kind="auto"))
    transformer: UserClass | None = Field(
        default=None, description="Runs before and after the predictor, in the same process."
    )
    listen: Listen = Field(default=TcpListen())


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
