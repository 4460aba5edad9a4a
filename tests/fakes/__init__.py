"""An in-memory world, and ports onto it that keep every promise of `platformctl.ports`.

The world outlives its clients: a client that is killed leaves in it exactly what it had done by then.
"""

from tests.fakes.clients import FakeClock, FakeLease, RecordingReporter
from tests.fakes.registry import FakeRegistry, FakeVersion, columns, mlmodel
from tests.fakes.target import FakeCounters, FakeMetrics, FakeTarget
from tests.fakes.world import Behaviour, FakeWorld

__all__ = [
    "Behaviour",
    "FakeClock",
    "FakeCounters",
    "FakeLease",
    "FakeMetrics",
    "FakeRegistry",
    "FakeTarget",
    "FakeVersion",
    "FakeWorld",
    "RecordingReporter",
    "columns",
    "mlmodel",
]
