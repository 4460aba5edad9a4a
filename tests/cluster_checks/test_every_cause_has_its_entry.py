"""docs/troubleshooting.md has a line for each cause that is told of a revision that does not get ready."""

import re
from pathlib import Path

import pytest

from platformctl.adapters.cluster.observing.causes import (
    downloads,
    images,
    knative,
    refusals,
    scheduling,
    settings,
)
from platformctl.adapters.cluster.observing.causes.cause import Rule

pytestmark = pytest.mark.quick

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text()


def rules() -> list[Rule]:
    """All of them; each module keeps its own to itself."""
    found = [
        rule
        for module in (downloads, images, knative, refusals, scheduling, settings)
        for value in vars(module).values()
        if isinstance(value, tuple)
        for rule in value
        if isinstance(rule, Rule)
    ]
    assert len(found) > 40
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.text)
def test_it_is_on_the_page(rule: Rule) -> None:
    """As it is told, with … for what differs; what follows a colon is the cluster's own words."""
    told = re.sub(r"\{\w+\}", "…", re.sub(r" ?\(\{\w+\}\)", "", rule.text))
    beginning = re.split(r": ?…", told)[0]
    of_each = [beginning.replace("…", kind, 1) for kind in ("secret", "configmap")]
    assert any(text in PAGE for text in (beginning, *of_each)), beginning
