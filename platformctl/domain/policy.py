"""What `spec.rollout` says: by which steps a new version takes over, and what it is judged by."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    WrapSerializer,
    field_validator,
    model_validator,
)

from platformctl.domain.base import Frozen
from platformctl.domain.durations import Duration, shown, span
from platformctl.domain.fields import refusal
from platformctl.domain.gates import Kind, Unit
from platformctl.domain.policy_fields import (
    Alpha,
    AlsoWritten,
    Bound,
    Failures,
    Figure,
    GateName,
    Margin,
    RateLimit,
    Requests,
    Weight,
    weight,
)
from platformctl.domain.route import WHOLE
from platformctl.domain.scaling import Address, Query
from platformctl.domain.wording import said

DEFAULT_WEIGHTS = (1, 10, 25, 50, WHOLE)
DEFAULT_HOLD = "60s"
DEFAULT_REQUESTS = 10
"""A canary that fails each request is seen within six."""

MOST_STEPS = 100
MOST_QUERIES = 20
"""What is known of each is part of the recorded state."""


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


def _switch(value: object) -> object:
    """`false` turns a gate off; `true` is a gate with nothing else said."""
    if isinstance(value, bool):
        return {} if value else None
    if isinstance(value, (Mapping, Frozen)):
        return value
    raise refusal(f"must be a mapping or false, not {said(value)}", "write false to turn the gate off")


def _written(gate: object, write: SerializerFunctionWrapHandler) -> Any:  # any JSON value
    return False if gate is None else write(gate)


class RateGate(Frozen):
    """A count that is compared with that of the version that serves."""

    margin: Margin = Field(
        default=2.0,
        description="How many times the rate of the version that serves is tolerated; more than 1.",
    )
    limit: RateLimit | None = Field(
        default=None,
        description="The part of the requests, between 0 and 1, above which the new version fails, whatever "
        "the other one does. Default: none; after the last step one is made from what the other one had.",
    )
    unit: Unit = Field(
        default=Unit.REQUEST,
        description="request: requests fail independently of each other. window: they may fail in bursts, as "
        "those of one client do; it takes more of them then, and the last step a person's approval.",
    )


class LatencyGate(RateGate):
    """The part of the answers that are slow."""

    threshold: Bound | None = Field(
        default=None,
        description="An answer that takes longer is slow: 250ms, 1s. Default: twice what 95 % of the "
        "answers of the version that serves had taken when the rollout began, and 50ms at least.",
    )


class QueryGate(Frozen):
    """A figure from Prometheus that has to stay in a range."""

    name: GateName = Field(description="What the figure is called: lower case letters, digits and '-'.")
    query: Query = Field(
        description="A query of PromQL that gives one number. {revision} in it stands for the name of a "
        "revision, {model} for the deployment's."
    )
    address: Address | None = Field(
        default=None, description="Where Prometheus answers. Default: the address that platformctl.toml says."
    )
    of: Literal["value", "ratio"] = Field(
        default="value",
        description="value: the number for the new version. ratio: that number, divided by the one for the "
        "version that serves; {revision} has to be in the query then.",
    )
    min: Figure | None = Field(
        default=None, description="The least that it may be, in the query's own unit. Default: none."
    )
    max: Figure | None = Field(
        default=None, description="The most that it may be, in the query's own unit. Default: none."
    )
    failures: Failures = Field(
        default=1,
        description="The number of times in a row that it is out of its range before the new version fails.",
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        if self.min is None and self.max is None:
            raise refusal("has no range", "write min, max, or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refusal(f"min ({self.min:g}) is more than max ({self.max:g})", "change one of them")
        if self.of == "ratio" and "{revision}" not in self.query:
            raise refusal(
                "of: ratio asks the same query for two revisions, and it names none",
                "write {revision} in the query",
            )
        return self


def _distinct(queries: tuple[QueryGate, ...]) -> tuple[QueryGate, ...]:
    if len(queries) > MOST_QUERIES:
        raise refusal(f"there are {len(queries)} queries", f"write at most {MOST_QUERIES}")
    names = [*Kind, *(gate.name for gate in queries)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise refusal(f"two gates are called {twice}", "give each a name of its own")
    return queries


_OFF = AlsoWritten({"type": "boolean"})
Gated = Annotated[RateGate | None, BeforeValidator(_switch), WrapSerializer(_written), _OFF]
LatencyGated = Annotated[LatencyGate | None, BeforeValidator(_switch), WrapSerializer(_written), _OFF]
Queries = Annotated[
    tuple[QueryGate, ...],
    AfterValidator(_distinct),
    Field(json_schema_extra={"maxItems": MOST_QUERIES}),
]


class Gates(Frozen):
    """What a new version is judged by. `false` turns one off."""

    errors: Gated = Field(default=RateGate(), description="5xx, resets and timeouts.")
    latency: LatencyGated = Field(default=LatencyGate(), description="Slow answers.")
    client_errors: Gated = Field(
        default=RateGate(), description="4xx: the client's errors, unless the new version has more of them."
    )
    queries: Queries = Field(default=(), description="Figures from Prometheus. Default: none.")


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
