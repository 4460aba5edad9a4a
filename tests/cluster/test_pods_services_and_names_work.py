"""What everything else stands on: a pod runs, its Service answers from this machine, names resolve in it."""

import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.places import API_SERVICE, NODE
from tests.cluster.pods import Answering, answering
from tests.ports import free_port

pytestmark = pytest.mark.full


@pytest.fixture
def own(node: Cluster) -> Iterator[str]:
    node.kubectl("create", "namespace", "test-pods")
    node.kubectl("wait", "--namespace=test-pods", "--for=create", "serviceaccount/default", "--timeout=30s")
    yield "test-pods"
    node.kubectl("delete", "namespace", "test-pods")


@pytest.fixture
def server(node: Cluster, own: str) -> Iterator[Answering]:
    with answering(node, own) as server:
        yield server


def test_a_service_answers_from_this_machine(server: Answering) -> None:
    assert server.get("/") == "answer"


def test_a_pod_resolves_services(server: Answering, own: str) -> None:
    assert server.get(f"/addresses?of=answer.{own}.svc.cluster.local") == server.address
    assert server.get(f"/addresses?of=answer.{own}") == server.address
    assert server.get("/addresses?of=kubernetes.default") == API_SERVICE


def test_logs_commands_and_forwarded_ports_reach_a_pod(node: Cluster, own: str, server: Answering) -> None:
    assert node.kubectl("logs", "--namespace", own, "pod/answer") == ""
    port = free_port()
    command = [str(node.programs["kubectl"]), f"--kubeconfig={node.kubeconfig}", "port-forward"]
    with subprocess.Popen(
        [*command, "--namespace", own, "pod/answer", f"{port}:8080"], stdout=subprocess.PIPE, text=True
    ) as forwarding:
        assert forwarding.stdout is not None
        assert "Forwarding" in forwarding.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as reply:
            assert reply.read() == server.get("/").encode()
        forwarding.terminate()


def test_the_node_is_what_it_says(node: Cluster) -> None:
    said = node.kubectl("get", "node/node", "--output=jsonpath={.status.addresses[*].address}")
    assert said.split() == [NODE, "node"]
