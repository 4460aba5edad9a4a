"""What `spec.rollout` says: by which steps a new version takes over, and what it is judged by."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from platformctl.domain.base import Frozen
from platformctl.domain.durations import Duration, shown, span
from platformctl.domain.fields import refusal
from platformctl.domain.gates import Kind
from platformctl.domain.policy_fields import Alpha, AlsoWritten, Requests, Weight, weight
from platformctl.domain.policy_gates import Gates, RateGate
from platformctl.domain.route import WHOLE
from platformctl.domain.wording import said

DEFAULT_WEIGHTS = (1, 10, 25, 50, WHOLE)
DEFAULT_HOLD = "60s"
DEFAULT_REQUESTS = 10
"""A canary that fails each request is seen within six."""

MOST_STEPS = 100


class RolloutStep(Frozen):
    """A share of the requests, and what has to be true before the next one."""

    weight: Weight = Field(description="The new version's share of the requests, in percent.")
    hold: Duration = Field(
        default=DEFAULT_HOLD, description="How long it has that share at least: 30s, 5m, 2h, 1d."
    )
    min_requests: Requests = Field(
        default=DEFAULT_REQUESTS,
        description="The number of requests that it has answered at that share at least, before the "
        "next step.",
    )
    gate: Literal["manual"] | None = Field(
        default=None,
        description="manual: the next step is taken when a person has approved it: platformctl rollout "
        "approve. Default: none.",
    )


def _step(value: object) -> object:
    """`10` is `{weight: 10}`."""
    return value if isinstance(value, (Mapping, RolloutStep)) else {"weight": weight(value)}


def _rising(steps: tuple[RolloutStep, ...]) -> tuple[RolloutStep, ...]:
    weights = [step.weight for step in steps]
    if not weights:
        raise refusal("there is no step", "write 1, 10, 25, 50, 100, or leave steps out")
    if len(weights) > MOST_STEPS:
        raise refusal(f"there are {len(weights)} steps", f"write at most {MOST_STEPS}")
    if any(before >= after for before, after in pairwise(weights)) or weights[-1] != WHOLE:
        raise refusal(_unfit(weights), f"write {', '.join(map(str, sorted({*weights, WHOLE})))}")
    last = steps[-1]
    if last.gate is not None:
        raise refusal(
            "after the step to 100 there is none that could be approved",
            "put gate: manual on the step before",
        )
    if (last.hold, last.min_requests) != (DEFAULT_HOLD, DEFAULT_REQUESTS):
        raise refusal(
            "after the step to 100 none is waited for: hold and minRequests mean nothing there",
            "say with bake how long it is watched then",
        )
    return steps


def _unfit(weights: list[int]) -> str:
    falling = next((pair for pair in pairwise(weights) if pair[0] >= pair[1]), None)
    if falling is not None:
        return f"steps rise, and {falling[1]} comes after {falling[0]}"
    return f"the last step is {weights[-1]}, not 100"


StepField = Annotated[
    RolloutStep,
    BeforeValidator(_step),
    AlsoWritten({"type": "integer", "minimum": 1, "maximum": WHOLE}),
]
Steps = Annotated[
    tuple[StepField, ...],
    AfterValidator(_rising),
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST_STEPS}),
]


class RolloutPolicy(Frozen):
    """How a new version takes over by itself."""

    steps: Steps = Field(
        default=tuple(RolloutStep(weight=weight) for weight in DEFAULT_WEIGHTS),
        json_schema_extra={"default": list(DEFAULT_WEIGHTS)},
        description="The shares that it gets, in percent, one after the other, up to 100: each a number, or "
        "a mapping that says more.",
    )
    gates: Gates = Field(default=Gates(), description="What it is judged by.")
    alpha: Alpha = Field(
        default=0.01,
        description="The chance that a version which is no worse is rolled back, in a whole rollout, however "
        "long it takes. The gates share it.",
    )
    on_fail: Literal["rollback", "pause"] = Field(
        default="rollback", description="What happens when a gate fails."
    )
    on_inconclusive: Literal["hold", "promote", "rollback"] = Field(
        default="hold", description="What happens at the deadline, if nothing has been decided by then."
    )
    deadline: Duration = Field(
        default="24h",
        validate_default=True,
        description="How long all steps may take together, from the beginning of the rollout, but for the "
        "time that it is paused.",
    )
    bake: Duration = Field(
        default="10m",
        description="How long the new version is watched after it has taken all requests; until then it goes "
        "back by itself. 0s: not at all.",
    )

    @field_validator("deadline")
    @classmethod
    def _time_enough(cls, deadline: str, info: ValidationInfo) -> str:
        steps: tuple[RolloutStep, ...] = info.data.get("steps", ())
        holds = sum((span(step.hold) for step in steps[:-1]), timedelta())
        if span(deadline) <= holds:
            raise refusal(
                f"{said(deadline)} has passed before the last step: the others hold {shown(holds)}",
                "write a longer deadline, or shorter holds",
            )
        return deadline

    def rates(self) -> Iterator[tuple[Kind, RateGate]]:
        """The counts that are judged."""
        gates = {
            Kind.ERRORS: self.gates.errors,
            Kind.LATENCY: self.gates.latency,
            Kind.CLIENT_ERRORS: self.gates.client_errors,
        }
        return ((kind, gate) for kind, gate in gates.items() if gate is not None)
