"""Exports of models to ONNX: what is asked for, and what the equality gate found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

LEAST_ROWS = 10_000
"""Rows to generate, if none are given."""

SOURCE_TAG = "platformctl.onnx.source"
"""The tag of a version that was registered with an export: the version that it was made from."""

GATE_TAG = "platformctl.onnx.gate"
"""The tag that says that the gate has passed."""

PASSED = "passed"


@dataclass(frozen=True)
class Bounds:
    """How far an export may be from its model; the model servers' own defaults.

    Args:
        flips: Rows whose label differs, at most.
        tolerance: A difference within it counts as none.
        share: The share of rows within the tolerance, at least.
        limit: No row differs by more.
    """

    flips: int = 0
    tolerance: float = 1e-5
    share: float = 0.999
    limit: float = 0.05


@dataclass(frozen=True)
class Judging:
    """How an export is to be judged.

    Args:
        rows: A file of rows to compare on; None: they are generated.
        count: How many to generate, at least.
        bounds: How far it may be from the model.
        trusted_types: Types of a skops file that are trusted.
    """

    rows: Path | None = None
    count: int = LEAST_ROWS
    bounds: Bounds = field(default_factory=Bounds)
    trusted_types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What the gate found.

    Args:
        passed: Whether the export may serve.
        reason: One sentence.
        precision: `single`, `mixed` or `double`.
        rows: How many rows were compared.
        flips: Rows whose label differs.
        within: Rows within the tolerance.
        largest: The largest difference; None: a number against none.
        report: All of `onnx/gate.json`.
    """

    passed: bool
    reason: str
    precision: str
    rows: int
    flips: int
    within: int
    largest: float | None
    report: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
