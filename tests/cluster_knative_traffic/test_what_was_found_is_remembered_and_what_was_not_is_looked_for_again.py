from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.knative.traffic import Addresses, KnativeTraffic
from platformctl.domain.errors import Unreachable
from platformctl.domain.traffic import Request
from tests.cluster_knative_traffic import values
from tests.cluster_knative_traffic.values import CHURN, HOST, inside
from tests.cluster_target.kubeconfigs import one, written
from tests.registry.stub import Asked, Said, Stub, answering

pytestmark = pytest.mark.quick

_INGRESS = "/apis/networking.internal.knative.dev/v1alpha1/namespaces/ml/ingresses/churn-predictor"
_SERVICE = "/api/v1/namespaces/kourier-system/services/kourier"
_PODS = "/api/v1/namespaces/kourier-system/pods"
_CHURN = "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/churn"
_URL = f"http://{HOST}"
_NO = Said({"kind": "Status", "reason": "Forbidden", "message": "no", "details": {"kind": "x"}}, 403)
_NONE = Said({"kind": "Status", "reason": "NotFound", "message": "none", "details": {"kind": "x"}}, 404)

Objects = dict[str, Any]


class Cluster:
    """An API server with these objects, and what it was asked."""

    def __init__(self, folder: Path, stub: Stub, objects: Objects) -> None:
        self.objects = objects
        self.traffic = KnativeTraffic(open_api(Access(written(folder, one(stub.uri))), environ={}))
        self._stub = stub

    def asked(self) -> list[str]:
        return [urlsplit(one.target).path for one in self._stub.asked]


@contextmanager
def _cluster(folder: Path, objects: Mapping[str, Any]) -> Iterator[Cluster]:
    there: Objects = dict(objects)

    def answer(asked: Asked) -> Said:
        found = there.get(urlsplit(asked.target).path, _NONE)
        return found if isinstance(found, Said) else Said(found)

    with answering(answer) as stub:
        yield Cluster(folder, stub, there)


def _served(service: Any = None) -> Objects:
    ingress = values.ingress(inside("kourier"))
    return {_INGRESS: ingress, _SERVICE: service or values.service("kourier"), _PODS: {"items": []}}


def test_two_questions_are_asked_once(tmp_path: Path) -> None:
    with _cluster(tmp_path, _served()) as cluster:
        for _ in range(2):
            found = cluster.traffic.addresses(CHURN, _URL)
            assert found == Addresses("http://10.96.0.7", HOST, "http://kourier.kourier-system.svc")
        assert cluster.asked() == [_INGRESS, _SERVICE]


def test_who_does_not_know_the_url_has_it_looked_up(tmp_path: Path) -> None:
    objects = {**_served(), _CHURN: values.inference_service("", _URL)}
    with _cluster(tmp_path, objects) as cluster:
        assert cluster.traffic.addresses(CHURN).host == HOST
        assert cluster.asked() == [_CHURN, _INGRESS, _SERVICE]


def test_what_answers_nowhere_has_no_addresses(tmp_path: Path) -> None:
    with _cluster(tmp_path, {}) as cluster:
        assert cluster.traffic.addresses(CHURN) == Addresses()
        assert cluster.traffic.addresses(CHURN, _URL) == Addresses()


def test_a_service_that_may_not_be_read_leaves_the_names(tmp_path: Path) -> None:
    with _cluster(tmp_path, _served(_NO)) as cluster:
        found = cluster.traffic.addresses(CHURN, _URL)
        assert found == Addresses(_URL, None, "http://kourier.kourier-system.svc")


def test_an_ingress_that_is_not_served_yet_is_looked_at_again(tmp_path: Path) -> None:
    with _cluster(tmp_path, {_INGRESS: values.ingress()}) as cluster:
        with pytest.raises(Unreachable, match="requests do not get to churn yet: no controller of") as raised:
            cluster.traffic.predict(CHURN, HOST, Request(b"{}"))
        assert (raised.value.hint or "").startswith("kubectl describe kingress churn-predictor -n ml")
        cluster.objects.update(_served())
        assert cluster.traffic.addresses(CHURN, _URL).host == HOST


def test_an_ingress_that_neither_answers_nor_has_pods_is_named(tmp_path: Path) -> None:
    nowhere = values.service("kourier", clusterIP="None", externalIPs=["127.0.0.2"])
    nowhere["spec"]["ports"] = []
    with _cluster(tmp_path, _served(nowhere)) as cluster:
        with pytest.raises(Unreachable, match="Knative's ingress kourier-system/kourier cannot be") as raised:
            cluster.traffic.predict(CHURN, HOST, Request(b"{}"))
        assert raised.value.hint == "kubectl get service,endpointslices -n kourier-system kourier"
