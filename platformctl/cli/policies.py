"""The policy that a command means: a file's, or a deployment's, with what the options say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from platformctl.cli.replay_options import ReplayOptions
from platformctl.domain.errors import SpecError
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Rollout
from platformctl.usecases.analyze import policy_of


def policy(wanted: ReplayOptions, rollout: Rollout) -> RolloutPolicy:
    """The policy to replay by.

    Raises:
        SpecError: An option is wrong, or the file.
        NotFound: There is no such file.
    """
    base = _of_file(Path(wanted.policy)) if wanted.policy else policy_of(rollout)
    document: Mapping[str, Any] = base.model_dump(mode="json", by_alias=True)
    gates = document["gates"]
    if wanted.alpha is not None:
        document = _held({**document, "alpha": wanted.alpha}, "--alpha")
    if wanted.margin is not None:
        counted = ("errors", "latency", "clientErrors")
        update = {key: {**gates[key], "margin": wanted.margin} for key in counted if gates[key]}
        document = _held(_with_gates(document, update), "--margin")
    for option, key, field, value in (
        ("--limit", "errors", "limit", wanted.limit),
        ("--threshold", "latency", "threshold", wanted.threshold),
    ):
        if value is not None:
            gate = document["gates"][key]
            if not gate:
                raise SpecError(
                    f"the policy has no gate {key}", field=option, hint=f"turn it on: {key}: true"
                )
            document = _held(_with_gates(document, {key: {**gate, field: value}}), option)
    return RolloutPolicy.model_validate(document)


def _of_file(path: Path) -> RolloutPolicy:
    from platformctl.adapters import spec_files  # only who has a file pays for YAML

    found = spec_files.read(path).spec.rollout
    if found is None:
        raise SpecError(f"{path} has no spec.rollout", field="--policy", hint="docs/spec.md shows its fields")
    return found


def _with_gates(document: Mapping[str, Any], update: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**document, "gates": {**document["gates"], **update}}


def _held(document: Mapping[str, Any], option: str) -> Mapping[str, Any]:
    """Hold an option to the rule of its field."""
    try:
        RolloutPolicy.model_validate(document)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        context = detail.get("ctx", {})
        raise SpecError(
            context.get("message", detail["msg"]), field=option, hint=context.get("hint")
        ) from error
    return document
