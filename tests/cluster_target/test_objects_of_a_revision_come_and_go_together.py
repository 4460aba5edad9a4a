"""On a real API server: what is made, changed and removed of a revision, also by who is killed on the way."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from platformctl import render
from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import (
    CONFIG_MAP,
    DISRUPTION_BUDGET,
    INFERENCE_SERVICE,
    POD,
    QUOTA,
    REPLICA_SET,
)
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.api.objects import at, entries, is_leaving, name, text, uid
from platformctl.adapters.cluster.api.transport import Asking, Reply, Transport
from platformctl.adapters.cluster.apply import Objects
from platformctl.domain.errors import NotFound, Refused
from platformctl.domain.manifests import REVISION, Manifest
from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Revision, Scale
from tests.cluster_target.routes import SHAPE
from tests.fakes.values import revision

pytestmark = pytest.mark.full

_ONE, _TWO = Scale(), Scale(minimum=2, maximum=5, cpu=70)


def _revision() -> Revision:
    plain = revision(1)
    return plain.model_copy(update={"model": plain.model.model_copy(update={"uri": "s3://models/churn"})})


_IT = _revision()
_OWNED = (CONFIG_MAP, DISRUPTION_BUDGET)


def _rendered(api: Api, scale: Scale = _ONE) -> tuple[Manifest, ...]:
    return render.revision(_IT, scale, replace(SHAPE, namespace=api.namespace))


@pytest.fixture
def objects(api: Api) -> Iterator[Objects]:
    yield Objects(api)
    api.delete(INFERENCE_SERVICE, _IT.id)


def _service(api: Api) -> Manifest:
    found = api.get(INFERENCE_SERVICE, _IT.id)
    assert found is not None
    return found


def _owned(api: Api) -> list[Manifest]:
    return [one for kind in _OWNED for one in api.list(kind, f"{REVISION}={_IT.id}")]


def _refuse_config_maps(api: Api) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}}
    hard = {"hard": {"count/configmaps": "0"}}
    api.apply({**quota, "spec": hard})
    status = json.dumps({"status": {**hard, "used": {"count/configmaps": "0"}}}).encode()
    path = f"{QUOTA.path(api.namespace, 'none')}/status"
    headers = {"content-type": "application/merge-patch+json"}
    assert api.raw("PATCH", path, body=status, headers=headers).status == 200


def test_all_is_made_and_goes_with_the_inference_service(api: Api, objects: Objects) -> None:
    assert objects.make(_rendered(api), _ONE) is False
    owner = _service(api)
    assert len(_owned(api)) == 2
    for one in _owned(api):
        assert [text(ref, "uid") for ref in entries(one, "metadata", "ownerReferences")] == [uid(owner)]
        assert text(one, "metadata", "labels", "app.kubernetes.io/managed-by") == "platformctl"


def test_making_it_again_writes_nothing_anew(api: Api, objects: Objects) -> None:
    objects.make(_rendered(api), _ONE)
    before = _versions(api)
    assert objects.make(_rendered(api), _ONE) is True
    assert _versions(api) == before


def _versions(api: Api) -> list[object]:
    """What a change of ours would change: controllers write statuses meanwhile."""
    everything = [one["metadata"] for one in (_service(api), *_owned(api))]
    return [one.get("generation") or one["resourceVersion"] for one in everything]


def test_an_object_that_somebody_removed_is_made_again(api: Api, objects: Objects) -> None:
    objects.make(_rendered(api), _ONE)
    api.delete(CONFIG_MAP, _IT.id)
    objects.make(_rendered(api), _ONE)
    assert len(_owned(api)) == 2


def test_only_the_scale_of_what_is_there_is_changed(api: Api, objects: Objects) -> None:
    objects.make(_rendered(api), _ONE)
    before = _service(api)
    objects.make(_rendered(api, _TWO), _TWO)
    after = _service(api)
    changed = {
        "minReplicas": 2,
        "maxReplicas": 5,
        "autoScaling": at(after, "spec", "predictor", "autoScaling"),
    }
    assert after["spec"]["predictor"] == {**before["spec"]["predictor"], **changed}
    (metric,) = entries(after, "spec", "predictor", "autoScaling", "metrics")
    assert at(metric, "resource", "target", "averageUtilization") == 70
    objects.scale(_IT.id, _ONE)
    assert at(_service(api), "spec", "predictor", "autoScaling") is None
    with pytest.raises(NotFound):
        objects.scale(RevisionId("churn-v9-000000"), _ONE)


def test_what_was_new_is_removed_when_the_rest_cannot_be_made(api: Api, objects: Objects) -> None:
    _refuse_config_maps(api)
    with pytest.raises(Refused, match=f"quota none.*; InferenceService {_IT.id}, which was new, is removed"):
        objects.make(_rendered(api), _ONE)
    assert api.get(INFERENCE_SERVICE, _IT.id) is None


def test_what_was_there_stays_when_the_rest_cannot_be_made(api: Api, objects: Objects) -> None:
    objects.make(_rendered(api), _ONE)
    api.delete(CONFIG_MAP, _IT.id)
    _refuse_config_maps(api)
    with pytest.raises(Refused, match="quota none"):
        objects.make(_rendered(api), _ONE)
    assert api.get(INFERENCE_SERVICE, _IT.id) is not None


def test_a_rehearsal_says_all_that_would_be_refused_and_makes_nothing(api: Api, objects: Objects) -> None:
    assert objects.rehearse(_rendered(api)) == []
    _refuse_config_maps(api)
    (refusal,) = objects.rehearse(_rendered(api))
    assert "quota none" in refusal.message
    assert api.get(INFERENCE_SERVICE, _IT.id) is None


def test_an_inference_service_of_somebody_else_is_left_alone(api: Api, objects: Objects) -> None:
    theirs = dict(_rendered(api)[0])
    theirs["metadata"] = {**theirs["metadata"], "labels": {}}
    api.create(theirs)
    with pytest.raises(Refused, match=f"there is InferenceService {_IT.id}"):
        objects.make(_rendered(api), _ONE)
    with pytest.raises(Refused):
        objects.remove(_IT.id)


def test_what_is_removed_is_gone_and_may_be_removed_again(api: Api, objects: Objects) -> None:
    objects.make(_rendered(api), _ONE)
    objects.remove(_IT.id)
    assert objects.find(_IT.id) is None
    objects.remove(_IT.id)


class _Killed(BaseException):
    """The process is no more."""


class _Mortal(Transport):
    """The transport of a client that is killed before one of its requests."""

    def __init__(self, kubeconfig: Path, requests: int) -> None:
        super().__init__(Access(str(kubeconfig)), {})
        self.left = requests

    def send(self, asking: Asking) -> Reply:
        if not self.left:
            raise _Killed
        self.left -= 1
        return super().send(asking)


def test_a_client_that_is_killed_anywhere_is_resumed(api: Api, objects: Objects, kubeconfig: Path) -> None:
    wanted = _rendered(api, _TWO)
    for requests in range(100):
        mortal = _Mortal(kubeconfig, requests)
        try:
            Objects(Api(mortal, api.namespace)).make(wanted, _TWO)
        except _Killed:
            objects.make(wanted, _TWO)
            assert len(_owned(api)) == 2
            assert _scale_of(_service(api)) == (2, 5)
            objects.remove(_IT.id)
            for one in _owned(api):  # there may be nobody here who collects what has no owner
                api.delete(next(kind for kind in _OWNED if kind.name == one["kind"]), one["metadata"]["name"])
        else:
            assert requests >= 4
            return
    raise AssertionError("it never ended")


def _scale_of(service: Manifest) -> tuple[Any, Any]:
    predictor = service["spec"]["predictor"]
    return predictor["minReplicas"], predictor["maxReplicas"]


def test_what_has_failed_is_tried_anew_by_its_pods_or_as_a_whole(api: Api, objects: Objects) -> None:
    labels = {REVISION: str(_IT.id), "serving.kserve.io/inferenceservice": str(_IT.id)}
    _replica_set(api, labels)
    api.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}})
    spec = {"containers": [{"name": "it", "image": "it"}], "nodeSelector": {"no": "node-has-it"}}
    for pod in ("works", "does-not"):
        api.create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "labels": labels}, "spec": spec}
        )
    ready = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}).encode()
    headers = {"content-type": "application/strategic-merge-patch+json"}
    path = f"{POD.path(api.namespace, 'works')}/status"
    assert api.raw("PATCH", path, body=ready, headers=headers).status == 200
    objects.renew(_IT.id)
    assert [name(pod) for pod in api.list(POD)] == ["works"]
    assert api.list(REPLICA_SET)
    api.delete(POD, "works")
    objects.renew(_IT.id)
    assert all(is_leaving(one) for one in api.list(REPLICA_SET))


def _replica_set(api: Api, labels: Mapping[str, str]) -> None:
    """One that has no pods, and takes none of the test's."""
    others = {"matchLabels": {"others": "yes"}}
    template = {
        "metadata": {"labels": {"others": "yes"}},
        "spec": {"containers": [{"name": "x", "image": "x"}]},
    }
    metadata = {"name": "it", "labels": labels}
    spec = {"replicas": 0, "selector": others, "template": template}
    api.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})
