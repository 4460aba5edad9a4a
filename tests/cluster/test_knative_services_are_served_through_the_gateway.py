"""By the stand-in for Knative's ingress: as Knative says, and without losing a request."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import kubectl, pods
from tests.cluster.cluster import Cluster
from tests.cluster.models import stack
from tests.cluster.stack import Stack
from tests.load import Load, Tally

__all__ = ["stack"]

pytestmark = pytest.mark.full

NAME = "hello"
FIRST, SECOND, THIRD = (f"{NAME}-{number:05d}" for number in (1, 2, 3))


class Service:
    """A Knative Service whose pods say of which revision they are.

    Args:
        kubeconfig: Of the cluster.
        namespace: It is alone in there.
        gateway: An IP address.
    """

    def __init__(self, kubeconfig: Path, namespace: str, gateway: str) -> None:
        self._kubeconfig, self._namespace, self._gateway = kubeconfig, namespace, gateway
        self._options = ("--namespace", namespace)

    def apply(self, template: int, traffic: Sequence[Mapping[str, Any]]) -> None:
        """Have the template and the traffic, and return when both are served.

        Args:
            template: Another number is another revision.
            traffic: As a Service's spec has it.
        """
        manifest = {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {"name": NAME},
            "spec": {"template": _template(template), "traffic": list(traffic)},
        }
        self._kubectl("apply", "--filename=-", stdin=json.dumps(manifest))
        generation = self._kubectl("get", f"ksvc/{NAME}", "--output=jsonpath={.metadata.generation}")
        seen = f"jsonpath={{.status.observedGeneration}}={generation}"
        for condition in (seen, "condition=Ready"):
            self._kubectl("wait", f"--for={condition}", "--timeout=240s", f"ksvc/{NAME}")

    def load(self, tag: str = "", **options: Any) -> Load:
        """Requests for it, or for what has the tag."""
        host = f"{tag}-{NAME}" if tag else NAME
        headers = {"host": f"{host}.{self._namespace}.example.com"}
        return Load(80, "/", host=self._gateway, headers=headers, connections=8, **options)

    def ask(self, tag: str = "") -> Tally:
        """What becomes of a hundred requests."""
        with self.load(tag, limit=100) as load:
            return load.wait()

    def _kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return kubectl.run(self._kubeconfig, *arguments, *self._options, stdin=stdin)


def _template(number: int) -> Mapping[str, Any]:
    container = {
        "image": pods.IMAGE,
        "ports": [{"containerPort": pods.PORT}],
        "env": [{"name": "NUMBER", "value": str(number)}],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}},
    }
    annotations = {"autoscaling.knative.dev/min-scale": "1"}
    return {"metadata": {"annotations": annotations}, "spec": {"containers": [container]}}


def _share(revision: str, percent: int, **more: Any) -> Mapping[str, Any]:
    return {"revisionName": revision, "percent": percent, **more}


@pytest.fixture
def service(knative: Path, cluster: Cluster, namespace: str, stack: Stack) -> Iterator[Service]:
    pods.import_image(cluster)
    service = Service(knative, namespace, stack.gateway.partition("://")[2])
    service.apply(1, [{"latestRevision": True, "percent": 100}])
    yield service
    kubectl.run(knative, "delete", "--namespace", namespace, f"ksvc/{NAME}")


def test_a_split_is_as_it_says(service: Service) -> None:
    service.apply(2, [_share(FIRST, 100)])
    service.apply(2, [_share(FIRST, 90), _share(SECOND, 10)])
    with service.load(limit=10_000) as load:
        tally = load.wait()
    assert tally.lost == []
    assert tally.of(FIRST) + tally.of(SECOND) == tally.answered == 10_000
    assert tally.of(SECOND) == pytest.approx(1000, abs=150)


def test_a_tag_has_a_host_of_its_own_even_without_a_share(service: Service) -> None:
    service.apply(2, [_share(FIRST, 100)])
    service.apply(2, [_share(FIRST, 100, tag="prev"), _share(SECOND, 0, tag="latest")])
    assert service.ask("latest").of(SECOND) == 100
    assert service.ask("prev").of(FIRST) == 100
    assert service.ask().of(FIRST) == 100


def test_nothing_is_lost_or_led_astray_while_revisions_and_shares_change(service: Service) -> None:
    with service.load() as load:
        load.until(200)
        for template, revision, before in ((2, SECOND, FIRST), (3, THIRD, SECOND)):
            service.apply(template, [_share(before, 100)])
            assert load.tally.of(revision) == 0
            for percent in (10, 50, 0, 100):
                shares = [_share(before, 100 - percent), _share(revision, percent)]
                service.apply(template, [share for share in shares if share["percent"]])
                load.until(load.tally.answered + 200)
            done = load.tally.of(before)
            load.until(load.tally.answered + 200)
            assert load.tally.of(before) == done
    assert load.tally.lost == []
    assert {revision for _, revision in load.tally.answers} == {FIRST, SECOND, THIRD}
