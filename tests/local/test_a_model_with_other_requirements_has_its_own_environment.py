import importlib.metadata
import json
import subprocess

import pytest

from platformctl.adapters.local import environments
from platformctl.adapters.local.requirements import THIS_PYTHON, Needs
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import Name
from platformctl.domain.progress import Said
from platformctl.domain.revision import Revision, Scale
from tests.local.world import LocalWorld

pytestmark = pytest.mark.full

OTHER = "1.4.2" if importlib.metadata.version("joblib") != "1.4.2" else "1.4.0"

WHICH_JOBLIB = """
import joblib
import kserve


class Mine(kserve.Model):
    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": [joblib.__version__]}
"""


def _pinned(world: LocalWorld, name: Name, requirements: str) -> Revision:
    """A class of one's own beside a model that needs something."""
    folder = world.folder / "models" / f"pinned-{name}"
    folder.mkdir(parents=True)
    (folder / "model.joblib").write_bytes(b"the class does not look at it")
    (folder / "requirements.txt").write_text(requirements)
    model = world.of(name, folder).model
    return world.of_class(name, WHICH_JOBLIB).model_copy(update={"model": model})


def test_another_joblib_is_what_serves(shared: LocalWorld, name: Name) -> None:
    revision = _pinned(shared, name, f"joblib=={OTHER}\n")
    shared.prepared(revision)
    answer = shared.ask(name, revision.id)
    assert json.loads(answer.body) == {"predictions": [OTHER]}
    (environment,) = (entry for entry in shared.home.environments.iterdir() if entry.is_dir())
    assert any(isinstance(event, Said) and f"joblib=={OTHER}" in event.text for event in shared.heard.events)
    model = shared.home.revision(revision.id) / "model"
    before = environment.stat().st_mtime_ns
    again = environments.interpreter(shared.home.environments, model, Needs(f"joblib=={OTHER}"), pytest.fail)
    assert again == environment / "bin" / "python"
    assert environment.stat().st_mtime_ns == before


def test_requirements_that_cannot_be_met_are_refused_in_uvs_own_words(shared: LocalWorld, name: Name) -> None:
    revision = _pinned(shared, name, "joblib==0.0.0.99\n")
    before = {entry.name for entry in shared.home.environments.iterdir() if entry.is_dir()}
    with pytest.raises(Refused, match=r"joblib==0\.0\.0\.99") as refused:
        shared.target.prepare(revision, Scale())
    assert "requirements.txt" in (refused.value.hint or "")
    assert revision.id not in shared.observe(name).revisions
    assert {entry.name for entry in shared.home.environments.iterdir() if entry.is_dir()} == before


def test_a_model_of_another_python_is_served_by_that(shared: LocalWorld, name: Name) -> None:
    others = [minor for minor in ("3.11", "3.12", "3.13") if minor != THIS_PYTHON and _is_here(minor)]
    if not others:
        pytest.skip("a model of another Python: there is none here")
    revision = _pinned(shared, name, "")
    info = revision.model.info.model_copy(update={"python_version": f"{others[0]}.0"})
    of_another = revision.model_copy(update={"model": revision.model.model_copy(update={"info": info})})
    shared.prepared(of_another)
    python = shared.states.read().live[of_another.id].python
    assert others[0] in subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
    assert shared.ask(name, of_another.id).status == 200


def _is_here(minor: str) -> bool:
    try:
        environments.find_python(minor)
    except SpecError:
        return False
    return True
