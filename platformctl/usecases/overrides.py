"""What a command says beside the spec; it is recorded as if the spec had said it. Pure."""

from dataclasses import dataclass
from typing import Literal

from platformctl.domain.components import Format, ModelFormat, Output
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError


@dataclass(frozen=True)
class Overrides:
    """What the command says; None, False and () where it says nothing.

    Args:
        signature: Whether a model without one is refused.
        allow_version_skew: Whether a model of another scikit-learn is served.
        trusted_types: Types of a skops file that are trusted, beside the spec's.
        format: How the model is run.
        output: What a classifier answers.
    """

    signature: Literal["required", "optional"] | None = None
    allow_version_skew: bool = False
    trusted_types: tuple[str, ...] = ()
    format: ModelFormat | None = None
    output: Output | None = None


def overridden(wanted: ModelDeployment, said: Overrides) -> ModelDeployment:
    """The spec, with what the command says.

    Raises:
        SpecError: It says something that the spec's predictor has no use for.
    """
    if said == Overrides():
        return wanted
    return wanted.with_spec(model=_model(wanted, said), predictor=_predictor(wanted, said))


def _model(wanted: ModelDeployment, said: Overrides) -> object:
    source = wanted.spec.model
    trusted = dict.fromkeys((*source.trusted_types, *said.trusted_types))
    update: dict[str, object] = {
        "signature": said.signature or source.signature,
        "allow_version_skew": said.allow_version_skew or source.allow_version_skew,
        "trusted_types": tuple(trusted),
    }
    return source.model_copy(update=update)


def _predictor(wanted: ModelDeployment, said: Overrides) -> object:
    predictor = wanted.spec.predictor
    named = {
        "--format": said.format,
        "--predict": said.output,
        "--allow-version-skew": said.allow_version_skew,
        "--trust-type": said.trusted_types,
    }
    option = next((option for option, value in named.items() if value), None)
    if option is None:
        return predictor
    if not isinstance(predictor, Format | str):
        raise SpecError(
            "is for our own model servers; the spec names a class or an image, which loads the model itself",
            field=option,
            hint="leave it out, or take spec.predictor out of the spec",
        )
    before = Format() if isinstance(predictor, str) else predictor
    chosen = Format(format=said.format or before.format, output=said.output or before.output)
    return "auto" if chosen == Format() else chosen
