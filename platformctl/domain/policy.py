"""What `spec.rollout` says: by which steps a new version takes over, and what it is judged by."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from platformctl.domain.base import Frozen
from platformctl.domain.durations import Duration, shown, span
from platformctl.domain.fields import refusal, whole_number
from platformctl.domain.gates import Kind, Unit
from platformctl.domain.policy_fields import Alpha, Bound, Margin, RateLimit
from platformctl.domain.route import WHOLE
from platformctl.domain.scaling import Address, Query
from platformctl.domain.wording import said

DEFAULT_HOLD = "60s"
DEFAULT_REQUESTS = 10
"""A canary that fails each request is seen within six."""

Weight = Annotated[int, Field(ge=1, le=WHOLE), whole_number]
Requests = Annotated[int, Field(ge=0, le=1_000_000_000), whole_number]
Failures = Annotated[int, Field(ge=1, le=1000), whole_number]


class RolloutStep(Frozen):
    """A share of the requests, and what has to be true before the next one."""

    weight: Weight = Field(description="The new version's share of the requests, in percent.")
    hold: Duration = Field(
        default=DEFAULT_HOLD, description="How long it has that share at least: 30s, 5m, 2h, 1d."
    )
    min_requests: Requests = Field(
        default=DEFAULT_REQUESTS,
        description="How many requests it has answered at that share at least, before the next step.",
    )
    gate: Literal["manual"] | None = Field(
        default=None,
        description="manual: the next step is taken when a person has approved it: platformctl rollout "
        "approve. Default: none.",
    )


def _step(value: object) -> object:
    """`10` is `{weight: 10}`."""
    return (
        {"weight": value} if isinstance(value, (int, float, str)) and not isinstance(value, bool) else value
    )


def _switch(value: object) -> object:
    """`false` turns a gate off; `true` is a gate with nothing else said."""
    if value is True:
        return {}
    return None if value is False else value


StepField = Annotated[
    RolloutStep,
    BeforeValidator(_step),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": WHOLE}, RolloutStep.model_json_schema()]}
    ),
]


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
        description="An answer that takes longer is slow: 250ms, 1s. Default: what 95 % of the answers of "
        "the version that serves had taken when the rollout began.",
    )


class QueryGate(Frozen):
    """A figure from Prometheus that has to stay in a range."""

    name: Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")] = (
        Field(description="What the figure is called: lower case letters, digits and '-'.")
    )
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
    min: float | None = Field(
        default=None, allow_inf_nan=False, description="The least it may be. Default: none."
    )
    max: float | None = Field(
        default=None, allow_inf_nan=False, description="The most it may be. Default: none."
    )
    failures: Failures = Field(
        default=1, description="How many times in a row it is out of its range before the new version fails."
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


_OFF = WithJsonSchema({"anyOf": [RateGate.model_json_schema(), {"type": "boolean"}]})
_LATENCY_OFF = WithJsonSchema({"anyOf": [LatencyGate.model_json_schema(), {"type": "boolean"}]})
Gated = Annotated[RateGate | None, BeforeValidator(_switch), _OFF]
LatencyGated = Annotated[LatencyGate | None, BeforeValidator(_switch), _LATENCY_OFF]


class Gates(Frozen):
    """What a new version is judged by. `false` turns one off."""

    errors: Gated = Field(default=RateGate(), description="5xx, resets and timeouts.")
    latency: LatencyGated = Field(default=LatencyGate(), description="Slow answers.")
    client_errors: Gated = Field(
        default=RateGate(), description="4xx: the client's errors, unless the new version has more of them."
    )
    queries: tuple[QueryGate, ...] = Field(default=(), description="Figures from Prometheus. Default: none.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [gate.name for gate in self.queries]
        twice = next((name for name in names if names.count(name) > 1 or name in set(Kind)), None)
        if twice is not None:
            raise refusal(f"two gates are called {twice}", "give each a name of its own")
        return self


class RolloutPolicy(Frozen):
    """How a new version takes over by itself."""

    steps: Annotated[tuple[StepField, ...], Field(min_length=1, max_length=100)] = Field(
        default=tuple(RolloutStep(weight=weight) for weight in (1, 10, 25, 50, WHOLE)),
        description="The shares that it gets, in percent, one after the other, up to 100.",
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
        default="24h", description="How long all steps may take together, from the beginning of the rollout."
    )
    bake: Duration = Field(
        default="10m",
        description="How long the new version is watched after it has taken all requests; until then it goes "
        "back by itself. 0s: not at all.",
    )

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        weights = [step.weight for step in self.steps]
        wrong = next((pair for pair in pairwise(weights) if pair[0] >= pair[1]), None)
        if wrong is not None:
            raise refusal(f"steps rise, and {wrong[1]} comes after {wrong[0]}", "write 1, 10, 25, 50, 100")
        if weights[-1] != WHOLE:
            raise refusal(
                f"the last step is {weights[-1]}, not 100", f"write {', '.join(map(str, [*weights, WHOLE]))}"
            )
        if self.steps[-1].gate is not None:
            raise refusal(
                "after the step to 100 there is none that could be approved",
                "put gate: manual on the step before",
            )
        return self

    @model_validator(mode="after")
    def _time_enough(self) -> Self:
        holds = sum((span(step.hold) for step in self.steps[:-1]), timedelta())
        if span(self.deadline) <= holds:
            raise refusal(
                f"deadline: {said(self.deadline)} has passed before the last step, as the others hold "
                f"{shown(holds)}",
                "write a longer one",
            )
        return self

    def rates(self) -> Iterator[tuple[Kind, RateGate]]:
        """The counts that are judged."""
        gates = {
            Kind.ERRORS: self.gates.errors,
            Kind.LATENCY: self.gates.latency,
            Kind.CLIENT_ERRORS: self.gates.client_errors,
        }
        return ((kind, gate) for kind, gate in gates.items() if gate is not None)
