"""What a server refuses at start reaches the person who deploys, with the option that lets it pass."""

from pathlib import Path

import joblib
import pytest
import sklearn
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier

from platformctl.domain.names import Name
from platformctl.domain.revision import ByFormat, Revision, Scale
from tests.local.world import LocalWorld, until

pytestmark = pytest.mark.quick


def refused(world: LocalWorld, revision: Revision) -> str:
    """Why a revision fails for good."""
    world.target.prepare(revision, Scale())
    until(lambda: world.status(revision).failure is not None, what="refused")
    failure = world.status(revision).failure or ""
    world.target.remove(revision.id)
    return failure


def served(world: LocalWorld, revision: Revision, predictor: ByFormat) -> bool:
    """Whether the same model serves if that is said."""
    allowed = revision.model_copy(update={"predictor": predictor})
    assert allowed.id != revision.id
    world.prepared(allowed)
    return world.ask(allowed.deployment, allowed.id).status == 200


@pytest.fixture
def folder(shared: LocalWorld, name: Name) -> Path:
    """A folder for a model."""
    folder = shared.folder / "models" / name
    folder.mkdir(parents=True)
    return folder


def test_a_type_that_is_not_trusted(shared: LocalWorld, name: Name, folder: Path) -> None:
    model = HistGradientBoostingClassifier(max_iter=1).fit([[0.0], [1.0]] * 20, [0, 1] * 20)
    skops.io.dump(model, folder / "model.skops")
    types = tuple(skops.io.get_untrusted_types(file=folder / "model.skops"))
    revision = shared.of(name, folder)
    said = refused(shared, revision)
    assert all(type_ in said for type_ in types)
    assert f"--trust-type {types[0]}" in said
    assert served(shared, revision, ByFormat(trusted_types=types))


def test_a_model_of_another_scikit_learn(shared: LocalWorld, name: Name, folder: Path) -> None:
    joblib.dump(
        HistGradientBoostingClassifier(max_iter=1).fit([[0.0], [1.0]] * 20, [0, 1] * 20), folder / "m"
    )
    ours, theirs = sklearn.__version__.encode(), _another(sklearn.__version__).encode()
    (folder / "model.joblib").write_bytes((folder / "m").read_bytes().replace(ours, theirs))
    (folder / "m").unlink()
    revision = shared.of(name, folder)
    said = refused(shared, revision)
    assert _another(sklearn.__version__) in said
    assert sklearn.__version__ in said
    assert "--allow-version-skew" in said
    assert served(shared, revision, ByFormat(allow_version_skew=True))


def _another(version: str) -> str:
    """A version that is spelt with as many characters."""
    return "".join("1" if c == "0" else "0" if c.isdigit() else c for c in version)
