import pytest

from tests.usecases.scene import Scene, with_example


@pytest.fixture
def scene() -> Scene:
    """A registry with three versions of `churn`, and nothing deployed."""
    scene = Scene()
    scene.registry.register("churn", with_example(), with_example(), with_example())
    return scene
