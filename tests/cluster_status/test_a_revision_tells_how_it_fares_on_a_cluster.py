from pathlib import Path

import pytest

from platformctl.adapters.cluster.observing import servers
from platformctl.domain.components import Image
from platformctl.domain.names import Name
from platformctl.domain.observed import RevisionStatus
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from tests.cluster import image_names
from tests.contract.cluster_harness import StandardHarness

pytestmark = pytest.mark.full

CHURN = Name("churn")
ANSWERS = (
    "import http.server as h\n"
    "class H(h.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200 if 'models' in self.path else 404)\n"
    "        self.end_headers()\n"
    "h.ThreadingHTTPServer(('', 8080), H).serve_forever()\n"
)


@pytest.fixture
def there(
    tmp_path: Path, kubeconfig: Path, namespace: str, request: pytest.FixtureRequest
) -> StandardHarness:
    return StandardHarness(tmp_path, kubeconfig, namespace, request)


def _status(there: StandardHarness, revision: Revision) -> RevisionStatus:
    return there.target.observe(CHURN).revisions[revision.id]


def _light(revision: Revision, **more: object) -> Revision:
    return revision.model_copy(update={"resources": Resources(cpu="100m", memory="512Mi"), **more})


def test_one_that_scales_says_what_serves_and_what_it_is_scaled_by(there: StandardHarness) -> None:
    revision, scale = _light(there.working_revision(CHURN, 1)), Scale(minimum=1, maximum=2, cpu=80)
    there.target.prepare(revision, scale)
    there.until(lambda: _status(there, revision).is_ready)
    found = _status(there, revision)
    assert found.serving
    assert found.serving.libraries
    assert (found.lacks, found.failure, found.detail) == ((), None, "")
    assert (found.scale, found.bounds) == (scale, (1, 2))
    assert found.created
    assert found.since
    assert found.since >= found.created
    there.until(lambda: _status(there, revision).gauges[0].now.endswith(" %"))
    (gauge,) = _status(there, revision).gauges
    assert (gauge.name, gauge.target) == ("cpu", "80 %")


def test_more_replicas_count_from_when_they_are_asked_for(there: StandardHarness) -> None:
    revision = _light(there.working_revision(CHURN, 1))
    there.target.prepare(revision, Scale())
    there.until(lambda: _status(there, revision).is_ready)
    there.target.scale(revision.id, Scale(minimum=2, maximum=2))
    found = _status(there, revision)
    assert (found.replicas, found.is_ready, found.answers) == (2, False, True)
    there.until(lambda: _status(there, revision).is_ready)
    assert _status(there, revision).ready == 2


def test_an_image_of_ones_own_is_told_what_it_lacks(there: StandardHarness) -> None:
    image = Image(image=image_names.PYTHON, args=("python3", "-c", ANSWERS), model=False)
    revision = _light(there.working_revision(CHURN, 1), predictor=image)
    there.target.prepare(revision, Scale())
    there.until(lambda: _status(there, revision).is_ready)
    found = _status(there, revision)
    assert found.lacks == (servers.NO_METRICS, servers.NO_HEADER)
    assert found.serving is None
