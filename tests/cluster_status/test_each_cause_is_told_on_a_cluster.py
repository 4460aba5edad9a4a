import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.cluster.api import kinds
from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.observing import revisions as observing
from platformctl.adapters.cluster.observing.parts import Told
from platformctl.adapters.cluster.observing.statuses import Seen, status
from platformctl.domain.names import Name
from platformctl.domain.observed import RevisionStatus
from tests.cluster import kubectl
from tests.cluster.models import credentials
from tests.cluster.stack import Stack
from tests.cluster_status import recording
from tests.cluster_status.recording import RECORD
from tests.cluster_status.scenarios import FULL_QUOTA, SCENARIOS, Scenario

pytestmark = pytest.mark.full

SECONDS = 150.0
POLL = 0.5


@pytest.fixture(scope="module")
def apis(kubeconfig: Path, stack: Stack) -> Iterator[Mapping[str, Api]]:
    """Where each scenario is: all of them go wrong at the same time."""
    prefix = f"test-{uuid.uuid4().hex[:6]}"  # short: KServe makes one label of it and of a pod's name
    shared = _namespace(kubeconfig, prefix, {}, stack)
    alone = {
        one.name: _namespace(kubeconfig, f"{prefix}-{number}", one.enforced, stack)
        for number, one in enumerate(SCENARIOS)
        if one.is_alone
    }
    found = {one.name: alone.get(one.name, shared) for one in SCENARIOS}
    for one in SCENARIOS:
        api = found[one.name]
        _apply(kubeconfig, api, [*one.others, one.service()])
    yield found
    for api in (shared, *alone.values()):
        api.delete(kinds.NAMESPACE, api.namespace)


def _namespace(kubeconfig: Path, name: str, enforced: Mapping[str, str], stack: Stack) -> Api:
    api = open_api(Access(str(kubeconfig)), namespace=name)
    api.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(enforced)}}
    )
    for account, change in _CREDENTIALS.items():
        _apply(kubeconfig, api, [_renamed(manifest, account, change) for manifest in credentials(stack)])
    return api


_CREDENTIALS: Mapping[str, Mapping[str, Any]] = {
    "models": {},
    "wrong": {"stringData": {"AWS_SECRET_ACCESS_KEY": "another"}},
    "lost": {"metadata": {"annotations": {"serving.kserve.io/s3-endpoint": "127.0.0.1:9"}}},
}


def _renamed(manifest: Mapping[str, Any], name: str, change: Mapping[str, Any]) -> dict[str, Any]:
    """The credentials under another name, the Secret with what is wrong about it."""
    changed = {**manifest, "metadata": {**manifest["metadata"], "name": name}}
    if manifest["kind"] == "ServiceAccount":
        return {**changed, "secrets": [{"name": name}]}
    annotations = {
        **manifest["metadata"]["annotations"],
        **change.get("metadata", {}).get("annotations", {}),
    }
    return {
        **changed,
        "stringData": {**manifest["stringData"], **change.get("stringData", {})},
        "metadata": {**changed["metadata"], "annotations": annotations},
    }


def _apply(kubeconfig: Path, api: Api, manifests: Sequence[Mapping[str, Any]]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    kubectl.run(kubeconfig, "apply", "--namespace", api.namespace, "--filename=-", stdin=json.dumps(listed))


def _seen(api: Api, scenario: Scenario) -> tuple[Seen, datetime]:
    now = datetime.now(UTC)
    (seen,) = observing.look(api, Name(scenario.name), now)
    return seen, now


def _ready(scenario: Scenario) -> int:
    """How many pods get ready all the same: of two, the one that the quota has room for."""
    return 1 if scenario is FULL_QUOTA else 0


def _as_told(scenario: Scenario, found: RevisionStatus) -> bool:
    told = scenario.words in (found.failure or "" if scenario.hopeless else found.detail)
    return told and found.ready >= _ready(scenario)


def _expect(api: Api, scenario: Scenario) -> RevisionStatus:
    """Wait until all is as it should be; what is not hopeless never was until then."""
    deadline = time.monotonic() + SECONDS
    while True:
        seen, now = _seen(api, scenario)
        found = status(seen, Told(), now)
        assert scenario.hopeless or found.failure is None, found.failure
        if _as_told(scenario, found):
            if os.environ.get(RECORD):
                recording.write(scenario.name, seen, now)
            return found
        assert time.monotonic() < deadline, found
        time.sleep(POLL)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_each_cause_is_told(scenario: Scenario, apis: Mapping[str, Api]) -> None:
    found = _expect(apis[scenario.name], scenario)
    assert found.ready == _ready(scenario)
