"""Of figures of a router that is thought to have begun anew all are counted, also those that were known."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.domain.errors import Unreachable
from tests.fakes.values import CHURN, revision

pytestmark = pytest.mark.quick

V1 = revision(1).id
BEGAN = 1_000.0
ANSWERS = f"cluster.{V1}.upstream_rq_completed"


@dataclass
class _Slow:
    """Envoy's admin interface, and the clock of the machine."""

    now: float
    takes: list[float] = field(default_factory=list)

    def uptime(self) -> int:
        self.now += self.takes.pop(0) if self.takes else 0.0
        return math.floor(self.now) - math.floor(BEGAN)

    def stats(self, _: str) -> list[Any]:
        return []


def _read(slow: _Slow, monkeypatch: pytest.MonkeyPatch) -> float | None:
    clock = SimpleNamespace(time=lambda: slow.now, sleep=lambda _: None)
    monkeypatch.setattr("platformctl.adapters.envoy.counters.time", clock)
    monkeypatch.setattr("platformctl.adapters.envoy.counters.Admin", lambda _: slow)
    return EnvoyCounters(Path("nowhere")).read(CHURN, [V1])[V1].began


@pytest.mark.parametrize("takes", [(), (0.05,), (0.2,), (1.3,), (1.9, 0.5)])
def test_it_began_when_it_began_however_long_it_takes_to_say_so(
    takes: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _read(_Slow(2_000.9, [*takes]), monkeypatch) == BEGAN


def test_one_that_cannot_say_so_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreachable, match="takes seconds to answer"):
        _read(_Slow(2_000.9, [1.5, 1.5, 1.5, 1.5]), monkeypatch)


@pytest.mark.parametrize(
    "pages",
    [
        {"/server_info": {}},
        {"/server_info": []},
        {"/server_info": {"uptime_all_epochs": "soon"}},
        {"/server_info": {"uptime_all_epochs": "inf"}},
        {"/stats": {}},
        {"/stats": []},
        {"/stats": {"stats": 3}},
        {"/stats": {"stats": ["x"]}},
        {"/stats": {"stats": [{"name": ANSWERS, "value": "many"}]}},
    ],
)
def test_whatever_answers_in_its_place_is_trouble(
    pages: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {"/server_info": {"uptime_all_epochs": "7s"}, "/stats": {"stats": []}, **pages}
    monkeypatch.setattr(Admin, "_get", lambda _, url: json.dumps(pages[url.partition("?")[0]]).encode())
    with pytest.raises(Unreachable, match="figures cannot be read"):
        EnvoyCounters(Path("nowhere")).read(CHURN, [V1])
