import re
from pathlib import Path

import pytest

from platformctl.adapters.cluster.observing.causes import (
    downloads,
    events,
    images,
    knative,
    refusals,
    scheduling,
    settings,
)
from platformctl.adapters.cluster.observing.causes.cause import Rule

pytestmark = pytest.mark.quick

PAGE = Path(__file__).parents[2] / "docs/troubleshooting.md"
MODULES = (downloads, events, images, knative, refusals, scheduling, settings)


def _fixed(rule: Rule) -> list[str]:
    """What is said in any case, before the words of somebody else."""
    ours = rule.text.partition(": {")[0]
    return [part for part in (text.strip(" ,()") for text in re.split(r"\{.*?\}", ours)) if part]


@pytest.mark.parametrize("module", MODULES, ids=lambda one: one.__name__.rpartition(".")[2])
def test_what_is_said_is_explained(module: object) -> None:
    page = PAGE.read_text()
    rules: tuple[Rule, ...] = vars(module)["_RULES"]
    assert rules
    assert [part for rule in rules for part in _fixed(rule) if part not in page] == []
