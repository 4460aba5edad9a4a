"""`doctor`: what is meant, why, and what to do."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from platformctl.adapters.cluster.checking.check import Check as Found
from platformctl.cli import checks
from platformctl.cli.checks import Check, State
from platformctl.domain.errors import Unreachable
from platformctl.domain.observed import Severity
from platformctl.domain.settings import Flags
from tests.cli.conftest import Cli
from tests.fakes import Behaviour, RecordingReporter

pytestmark = pytest.mark.quick


def found(cli: Cli, *arguments: str) -> dict[str, list[dict[str, str]]]:
    """The checks by name."""
    by_name: dict[str, list[dict[str, str]]] = {}
    for check in json.loads(cli("doctor", "-o", "json", *arguments).out)["checks"]:
        by_name.setdefault(check["name"], []).append(check)
    return by_name


def test_it_says_where_each_setting_comes_from(cli: Cli, tmp_path: Path) -> None:
    cli.host.specs = tmp_path
    made = found(cli, "--home", str(tmp_path), "--registry", "http://models.example")
    assert made["context"][0]["text"] == "here (file /home/ann/platformctl.toml)"
    assert made["configuration"][0]["text"] == "/home/ann/platformctl.toml"
    assert made["target"][0]["text"] == "local (default)"
    assert made["home"][0]["text"] == f"{tmp_path} (flag --home)"
    assert made["registry"][0]["text"].startswith("http://models.example (flag --registry) answered in ")


def test_a_line_each_with_its_hint_below(cli: Cli, tmp_path: Path) -> None:
    ran = cli("doctor", "--home", str(tmp_path))
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "ok    context        none (default)"
    at = lines.index("warn  stack          not up: supervisord, envoy")
    assert lines[at + 1] == "                     hint: platformctl up"


def test_a_registry_that_is_down_fails(cli: Cli, tmp_path: Path) -> None:
    cli.host.registry.is_down = True
    ran = cli("doctor", "--home", str(tmp_path), "--registry", "http://models.example")
    assert ran.code == 1
    assert (
        "fail  registry       http://models.example (flag --registry): the registry does not answer\n"
        "                     hint: is it running?\n"
    ) in ran.out


def test_of_a_cluster_it_says_what_is_and_what_mends_it(canary: Cli) -> None:
    canary.host.checks = (
        Found("cluster", "prod-eu (https://prod), Kubernetes 1.35.4"),
        Found("keda", "not installed", Severity.WARNING, "install it"),
    )
    registry = ("--registry", "http://models.example", "--kube-context", "prod-eu", "--namespace", "models")
    ran = canary("doctor", "--target", "cluster", *registry)
    assert (ran.code, ran.err) == (0, "")
    without_times = [
        line for line in ran.out.splitlines() if not line.startswith(("ok    python", "ok    reg"))
    ]
    assert without_times == [
        "ok    context        none (default)",
        "ok    configuration  none found",
        "ok    target         cluster (flag --target)",
        "ok    kubeconfig     as kubectl finds it (default)",
        "ok    kube context   prod-eu (flag --kube-context)",
        "ok    namespace      models (flag --namespace)",
        "ok    wanted mode    auto (default)",
        "ok    extra cluster  installed",
        "ok    cluster        prod-eu (https://prod), Kubernetes 1.35.4",
        "warn  keda           not installed",
        "                     hint: install it",
        "ok    deployments    1",
    ]


def test_what_a_cluster_lacks_fails(cli: Cli) -> None:
    cli.host.checks = (Found("mode", "KServe runs in Knative mode", Severity.ERROR, "kubectl edit"),)
    ran = cli("doctor", "--target", "cluster", "--registry", "http://models.example")
    assert ran.code == 1
    assert ran.out.endswith(
        "fail  mode           KServe runs in Knative mode\n                     hint: kubectl edit\n"
    )


def test_a_cluster_that_cannot_be_asked_fails(cli: Cli) -> None:
    cli.host.checks = Unreachable("nothing listens at https://prod", hint="is the VPN up?")
    ran = cli("doctor", "--target", "cluster", "--registry", "http://models.example")
    assert ran.code == 1
    assert "fail  cluster        nothing listens at https://prod\n" in ran.out
    assert "hint: is the VPN up?\n" in ran.out


def test_a_home_of_which_nothing_exists_is_looked_at_from_above(tmp_path: Path) -> None:
    check = checks.disk(tmp_path / "not" / "there")
    assert check.text.endswith(f"free in {tmp_path}")


def test_what_is_installed_is_found_without_importing_it() -> None:
    made = {check.name: check for check in checks.installation()}
    assert made["extra local"] == Check("extra local", State.OK, "installed")
    assert {name: check.state for name, check in made.items()} == dict.fromkeys(made, State.OK)
    assert made["envoy"].text.startswith("1.")


def test_what_is_wrong_with_deployments_is_told(canary: Cli) -> None:
    world = canary.host.world(canary.host.settings(Flags()), RecordingReporter(), timedelta(minutes=1))
    for revision in canary.host.fakes.live:
        canary.host.behaves(revision, Behaviour(ready_after=None))
    made = list(checks.deployments(world))
    assert [(check.name, check.state) for check in made] == [
        ("deployment churn", State.FAIL),
        ("deployment churn", State.FAIL),
        ("deployments", State.OK),
    ]
    assert made[-1].text == "0 of 1 without problems"
