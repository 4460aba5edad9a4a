import importlib.metadata
import json
from pathlib import Path

import pytest

from platformctl.adapters.local.state import Live
from platformctl.domain.components import Image
from platformctl.domain.errors import NotFound, Refused, SpecError
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Severity
from platformctl.domain.options import ServerOptions
from platformctl.domain.resources import Resources, Toleration
from platformctl.domain.revision import ModelInfo, Revision, Scale
from tests.local.world import LocalWorld, until

pytestmark = pytest.mark.quick

OF_MINE = """
import kserve


class Mine(kserve.Model):
    def load(self):
        self.ready = True
        return True

    def predict(self, payload, headers=None, response_headers=None):
        return {"predictions": ["mine" for _ in payload["instances"]]}
"""


def _with_info(revision: Revision, **info: object) -> Revision:
    changed = revision.model.info.model_copy(update=info)
    return revision.model_copy(update={"model": revision.model.model_copy(update={"info": changed})})


def test_a_corrupt_model_fails_with_its_cause(shared: LocalWorld, name: Name) -> None:
    broken = shared.broken(name)
    shared.target.prepare(broken, Scale())
    until(lambda: shared.status(broken).failure is not None, what="failed")
    status = shared.status(broken)
    assert "model.joblib" in (status.failure or "")
    assert (status.ready, status.restarts) == (0, 0)
    assert any("model.joblib" in line for line in shared.target.logs(broken.id, 50))


def test_a_class_of_ones_own_is_served_from_its_folder(shared: LocalWorld, name: Name) -> None:
    mine = shared.of_class(name, OF_MINE)
    shared.prepared(mine)
    answer = shared.ask(name, mine.id)
    assert json.loads(answer.body) == {"predictions": ["mine"]}
    assert answer.revision == mine.id


def test_a_class_that_changed_since_it_was_named_is_refused(shared: LocalWorld, name: Name) -> None:
    mine = shared.of_class(name, OF_MINE)
    assert not isinstance(mine.predictor, str)
    (shared.folder / "code" / name / "mine.py").write_text(OF_MINE + "# changed\n")
    with pytest.raises(Refused, match="was changed while it was being deployed"):
        shared.target.prepare(mine, Scale())
    assert mine.id not in shared.observe(name).revisions
    assert not shared.home.revision(mine.id).exists()


def test_an_image_is_refused_before_anything_is_made(shared: LocalWorld, name: Name) -> None:
    image = shared.revision(name).model_copy(update={"predictor": Image(image="registry.example/churn:1")})
    (finding,) = shared.target.check(image, Scale())
    assert (finding.severity, finding.field) == (Severity.ERROR, "spec.predictor.image")
    with pytest.raises(SpecError) as refused:
        shared.target.prepare(image, Scale())
    assert "clusters" in str(refused.value)
    assert not shared.home.revision(image.id).exists()


def test_a_python_that_cannot_be_had_is_found_by_a_check(shared: LocalWorld, name: Name) -> None:
    old = _with_info(shared.revision(name), python_version="3.99.7")
    (finding,) = shared.target.check(old, Scale())
    assert finding.severity is Severity.ERROR
    assert "Python 3.99" in finding.message
    assert "log the model again" in finding.hint


def test_a_model_that_the_disk_has_no_room_for_is_found_by_a_check(shared: LocalWorld, name: Name) -> None:
    huge = _with_info(shared.revision(name), size_bytes=10**18)
    (finding,) = shared.target.check(huge, Scale())
    assert finding.severity is Severity.ERROR
    assert "left for two of it" in finding.message
    assert "--home" in finding.hint


def test_an_environment_of_its_own_is_announced_by_a_check(shared: LocalWorld, name: Name) -> None:
    folder = shared.folder / "models" / "pinned"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(b"not looked at")
    (folder / "requirements.txt").write_text("joblib==0.1\n")
    (finding,) = shared.target.check(shared.of(name, folder), Scale())
    assert finding.severity is Severity.INFO
    assert f"joblib==0.1 (installed: {importlib.metadata.version('joblib')})" in finding.message


def test_that_nothing_scales_by_itself_is_said(shared: LocalWorld, name: Name) -> None:
    (finding,) = shared.target.check(shared.revision(name), Scale(minimum=1, maximum=3))
    assert (finding.severity, finding.field) == (Severity.INFO, "spec.scaling.max")


def test_that_nothing_sleeps_here_is_said_and_one_replica_runs(shared: LocalWorld, name: Name) -> None:
    sleeps = Scale(minimum=0, maximum=3)
    (finding,) = shared.target.check(shared.revision(name), sleeps)
    assert (finding.severity, finding.field) == (Severity.WARNING, "spec.scaling.min")
    assert Live(revision=shared.revision(name), scale=sleeps, python="").replicas == range(1)


def test_that_gpus_are_not_set_aside_is_said(shared: LocalWorld, name: Name) -> None:
    wants = shared.revision(name).model_copy(update={"resources": Resources(gpu=1)})
    (finding,) = shared.target.check(wants, Scale())
    assert (finding.severity, finding.field) == (Severity.INFO, "spec.resources.gpu")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"resources": Resources(node_selector={"disk": "ssd"})}, "spec.resources.nodeSelector"),
        ({"resources": Resources(tolerations=(Toleration(key="gpu"),))}, "spec.resources.tolerations"),
        ({"serving": ServerOptions(image="registry.example/model:1")}, "spec.serving.image"),
    ],
)
def test_what_only_clusters_follow_is_said(
    shared: LocalWorld, name: Name, changes: dict[str, object], field: str
) -> None:
    (finding,) = shared.target.check(shared.revision(name).model_copy(update=changes), Scale())
    assert (finding.severity, finding.field) == (Severity.INFO, field)
    assert finding.message.startswith("not followed: ")


def test_a_revision_that_is_not_live_gets_no_weight(shared: LocalWorld, name: Name) -> None:
    before = shared.home.state_file.read_bytes()
    with pytest.raises(Refused, match="not live"):
        shared.serve(shared.revision(name))
    assert shared.home.state_file.read_bytes() == before


def test_who_is_not_deployed_is_told_from_who_is(shared: LocalWorld, name: Name) -> None:
    with pytest.raises(NotFound, match=f"there is no deployment {name}"):
        shared.ask(name)
    with pytest.raises(NotFound):
        shared.ask(name, RevisionId(f"{name}-v1-000000"))


def test_a_model_that_is_gone_leaves_nothing_behind(shared: LocalWorld, name: Name, tmp_path: Path) -> None:
    gone = shared.revision(name)
    elsewhere = gone.model.model_copy(update={"uri": str(tmp_path / "gone"), "info": ModelInfo()})
    with pytest.raises(NotFound):
        shared.target.prepare(gone.model_copy(update={"model": elsewhere}), Scale())
    assert not shared.home.revision(gone.id).exists()
    assert not list(shared.home.revisions.glob(".building-*"))
