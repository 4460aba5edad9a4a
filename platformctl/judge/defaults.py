"""The gates that a rollout's policy means."""

from collections.abc import Mapping
from types import MappingProxyType

from platformctl.domain.gates import Gate, Kind
from platformctl.domain.policy import RolloutPolicy

FINE = 0.01
"""Of a rate of failures for which no reason is needed: a canary below that may take over, even where stable
has none to compare it with."""

_HAPPENED = MappingProxyType(
    {Kind.ERRORS: "failed", Kind.LATENCY: "were slow", Kind.CLIENT_ERRORS: "were refused"}
)
_PARTS = MappingProxyType({Kind.ERRORS: 0.5, Kind.LATENCY: 0.35, Kind.CLIENT_ERRORS: 0.15})
"""Of alpha. A 4xx is the client's fault for all that one can tell, unless the canary has more of it."""


def gates_of(policy: RolloutPolicy) -> Mapping[Kind, Gate]:
    """The counts that are judged, which share the policy's alpha."""
    rates = dict(policy.rates())
    whole = sum(_PARTS[kind] for kind in rates)
    return {
        kind: Gate(
            name=kind,
            happened=_HAPPENED[kind],
            alpha=policy.alpha * _PARTS[kind] / whole,
            margin=rate.margin,
            limit=rate.limit,
            fine=FINE,
            unit=rate.unit,
        )
        for kind, rate in rates.items()
    }
