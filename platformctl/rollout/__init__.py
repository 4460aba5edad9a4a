"""The state machine of a rollout: a transition table, and `step`, which is pure.

`step(rollout, event, now)` says what the state becomes and what is due then. Whoever calls it commits
the state first and does what is due afterwards, each action idempotent: so a process that is killed
anywhere leaves a state from which `Resume` finds the way.
"""

from platformctl.rollout.actions import Action, Await, Forget, MoveAlias, Prepare, Settle, Sweep
from platformctl.rollout.events import (
    AliasMoved,
    Approve,
    Continue,
    Delete,
    Deploy,
    Event,
    Failed,
    Looked,
    Pause,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
)
from platformctl.rollout.transitions import TABLE, Step, due, step

__all__ = [
    "TABLE",
    "Action",
    "AliasMoved",
    "Approve",
    "Await",
    "Continue",
    "Delete",
    "Deploy",
    "Event",
    "Failed",
    "Forget",
    "Looked",
    "MoveAlias",
    "Pause",
    "Prepare",
    "Promote",
    "Ready",
    "Respec",
    "Resume",
    "Rollback",
    "Settle",
    "Step",
    "Sweep",
    "due",
    "step",
]
