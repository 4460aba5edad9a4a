"""What the check of a cluster says of a revision's name is what KServe does with it."""

import time
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import DEPLOYMENT, EVENT
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.checking import hosts
from platformctl.adapters.cluster.checking.discovery import discover
from platformctl.domain.cluster import Images, Shape
from platformctl.domain.names import Name
from platformctl.domain.revision import ModelVersion, Revision, Scale
from platformctl.render import names
from platformctl.render import revision as rendered

pytestmark = pytest.mark.full

_DEADLINE = 60.0


@pytest.fixture
def api(kubeconfig: Path, namespace: str) -> Api:
    return open_api(Access(str(kubeconfig)), namespace, {})


def _revision(length: int, namespace: str) -> Revision:
    """One whose predictor has a host with a part of that many characters."""
    model = ModelVersion(model="churn", version="4", uri="s3://models/churn")
    rest = len(f"-v4-000000-predictor-{namespace}")
    return Revision(deployment=Name("a" * (length - rest)), model=model)


def _becomes(api: Api, revision: Revision) -> str:
    """`made`, or why KServe does not make it."""
    end = time.monotonic() + _DEADLINE
    while time.monotonic() < end:
        if api.get(DEPLOYMENT, names.component(revision.id, "predictor")):
            return "made"
        for event in api.list(EVENT):
            if event["involvedObject"]["name"] == revision.id and event["type"] == "Warning":
                return str(event["message"])
        time.sleep(0.2)
    raise AssertionError("KServe says nothing of it")


def test_kserve_makes_hosts_of_63_characters_and_no_more(api: Api) -> None:
    shape = Shape(api.namespace, Images("registry.example/server:1", "registry.example/server:1"))
    live = discover(api, shape)
    fits, does_not = _revision(63, api.namespace), _revision(64, api.namespace)
    for revision in (fits, does_not):
        api.create(rendered(revision, Scale(), shape)[0])
    assert (hosts.asked(live, api.namespace, fits), _becomes(api, fits)) == ([], "made")
    (check,) = hosts.asked(live, api.namespace, does_not)
    assert f"{names.component(does_not.id, 'predictor')}-{api.namespace}" in check.text
    assert "invalid domain name" in _becomes(api, does_not)
