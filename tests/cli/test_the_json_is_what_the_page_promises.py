"""docs/cli-json.md shows a document of each kind; what is printed has exactly the same keys."""

import json
from pathlib import Path

import pytest
import yaml

from platformctl.cli.output import SCHEMA
from platformctl.domain.revision import Scale
from tests.cli.conftest import Cli
from tests.cli.hosts import OF_A_CLUSTER, SCALED, V1, V2
from tests.cli.pages import paths, promised
from tests.fakes import Behaviour, FakeTarget

pytestmark = pytest.mark.quick

COMMANDS = {
    "Status": "status churn",
    "DeploymentList": "list",
    "History": "history churn",
    "Logs": "logs churn",
    "Diff": "diff churn --version 3",
    "Prediction": "predict churn",
    "Split": "predict churn --count 20",
    "DryRun": "deploy other --dry-run=server",
    "Outcome": "promote churn",
    "Images": "image build",
    "OnnxExport": "model onnx churn",
    "Version": "version",
    "Doctor": "doctor",
}
OF_THE_STACK = {"Stack", "StackDown"}
"""Printed by `up` and `down`: held to the page where those run, in test_the_examples_work."""

OF_A_ROLLOUT = {"RolloutStatus"}
"""Held to the page in test_a_rollout_is_steered_by_a_person."""

OF_ANALYZE = {"Analysis", "Replay"}
"""Held to the page in tests/analyze."""


_OTHER = """
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {name: other}
spec: {model: {name: churn}, scaling: {max: 2}}
"""
"""The target has something to say about this one."""


def prepare(cli: Cli) -> None:
    """A canary after a rolled-back one, with traffic, as on a cluster: every list has an entry."""
    cli.host.fakes.beside = OF_A_CLUSTER
    cli.host.behaves(V1, Behaviour(beside=SCALED))
    cli("deploy", "churn", "--canary", "10")
    cli("rollback", "churn")
    cli("deploy", "churn", "--canary", "10", "--retry", "--version", "3")
    cli("predict", "churn", "--count", "20")


@pytest.mark.parametrize("kind", COMMANDS)
def test_the_printed_document_has_the_promised_keys(steady: Cli, kind: str, tmp_path: Path) -> None:
    prepare(steady)
    if kind == "History":
        steady("promote", "churn")  # so that there is something to go back to
    if kind == "Status":
        FakeTarget(steady.host.fakes).scale(V1, Scale(minimum=2, maximum=2))  # as a killed client leaves it
    steady.host.specs = tmp_path
    (tmp_path / "other.yaml").write_text(_OTHER)
    printed = json.loads(steady(*COMMANDS[kind].split(), "--output", "json").out)
    assert (printed["schema"], printed["kind"]) == (SCHEMA, kind)
    assert paths(printed) == paths(promised()[kind])


def test_the_page_shows_every_kind() -> None:
    assert set(promised()) == set(COMMANDS) | OF_THE_STACK | OF_A_ROLLOUT | OF_ANALYZE
    assert {document["schema"] for document in promised().values()} == {SCHEMA}


def test_yaml_is_the_same_document(canary: Cli) -> None:
    as_yaml = canary("status", "churn", "-o", "yaml").out
    assert yaml.safe_load(as_yaml) == json.loads(canary("status", "churn", "-o", "json").out)


def test_the_figures_of_a_revision(canary: Cli) -> None:
    canary("predict", "churn", "--to", V2)
    status = json.loads(canary("status", "churn", "-o", "json").out)
    by_id = {revision["id"]: revision for revision in status["revisions"]}
    assert by_id[V2]["traffic"] == {
        "requests": 2,
        "errors": 0,
        "clientErrors": 0,
        "latencyMilliseconds": {"p50": 3.0, "p95": 4.8, "p99": 4.96},
    }
    assert (by_id[V2]["role"], by_id[V2]["share"], by_id[V2]["version"]) == ("canary", 10, "2")
