"""What a person asks for."""

from dataclasses import dataclass, field

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import Name
from platformctl.domain.version_ref import VersionRef
from platformctl.usecases.overrides import Overrides


@dataclass(frozen=True)
class DeployRequest:
    """What a person asks for.

    Args:
        name: The deployment.
        spec: The spec that was given; None: the recorded one, else the default.
        model: The model's name, if the deployment's name was made from it.
        version: Which version, as the command says.
        canary: The share in percent that the command says.
        overrides: What else the command says beside the spec.
        retry: Whether a revision that was rolled back may be tried again.
        staged: Whether it may share the GPUs with what serves, where there are not enough for both.
        allow_breaking: The fields in which a new version may break callers: `inputs.age`, `outputs`.
        auto: Whether a new version takes over step by step, by itself; None: as the spec says.
    """

    name: Name
    spec: ModelDeployment | None = None
    model: str | None = None
    version: VersionRef | None = None
    canary: int | None = None
    overrides: Overrides = field(default_factory=Overrides)
    retry: bool = False
    staged: bool = False
    auto: bool | None = None
    allow_breaking: tuple[str, ...] = ()
