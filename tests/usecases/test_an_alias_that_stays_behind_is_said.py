"""A command that finds an alias still to be moved, and a registry that is down, says so and goes on."""

import pytest

from platformctl.domain.errors import Unreachable
from platformctl.domain.progress import Warned
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import promote, prune
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick


def _warnings(scene: Scene) -> list[str]:
    scene.reporter.events.clear()
    assert prune(scene.client(), CHURN, None).text == "nothing to remove"
    return [event.text for event in scene.reporter.events if isinstance(event, Warned)]


def test_an_alias_that_stays_behind_is_said_until_it_is_moved(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(version=Exact(2), canary=10)
    scene.registry.is_down = True
    with pytest.raises(Unreachable):
        promote(scene.client(), CHURN, "champion")
    (warned,) = _warnings(scene)
    assert warned.startswith("an alias of churn is not moved yet: ")
    scene.registry.is_down = False
    assert _warnings(scene) == []
    assert scene.registry.aliases[CHURN, "champion"] == "2"
