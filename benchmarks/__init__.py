"""What it costs, measured against a peer in the same run: `python -m benchmarks.NAME`.

Each prints a table and, as its last line, one JSON object:
`{"benchmark": NAME, "bars": [{"name", "value", "bar", "holds"}]}`. Its exit code is 1 if a bar does not hold.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One figure, and what it may be at most, or at least.

    Args:
        name: What was measured, with its unit.
        value: What it is.
        bar: What it may be.
        at_least: Whether more is better; the name says so then.
    """

    name: str
    value: float
    bar: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is."""
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def report(benchmark: str, bars: Sequence[Bar]) -> int:
    """Print the last line; answers the exit code."""
    rows = [
        {"name": one.name, "value": round(one.value, 3), "bar": one.bar, "holds": one.holds} for one in bars
    ]
    print(json.dumps({"benchmark": benchmark, "bars": rows}))
    return 0 if all(one.holds for one in bars) else 1
