"""The examples of all verbs' help, run in order as a person would: a real registry, servers and router."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.cli.reference import commands
from tests.cli.hosts import Ran
from tests.cli.pages import paths, promised
from tests.mlflow_server import log_churn_like_models
from tests.ports import free_port

pytestmark = pytest.mark.quick

_SPEC = """\
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {name: churn}
spec:
  model: {version: 1}
  keep: 1
"""

STORY = [
    ("platformctl version", 0, r"platformctl \d"),
    ("platformctl completion bash > platformctl.bash", 0, r"^$"),
    ("platformctl up", 0, r"router    http://127.0.0.1:\d+"),
    ("platformctl deploy churn", 0, r"^churn-v1-\w{6} has 100 %$"),
    ("platformctl doctor", 0, r"ok    deployments +1 of 1 without problems"),
    ("platformctl diff churn", 0, r"^nothing differs$"),
    ("platformctl deploy churn --version 2 --canary 10 --dry-run=server", 0, r"churn-v2-\w{6}: 0 % to 10 %"),
    ("platformctl deploy churn --version 2 --canary 10", 0, r"^churn-v2-\w{6} has 10 %$"),
    ("platformctl predict churn", 0, r"answered by churn-v[12]-\w{6} in \d+\.\d ms"),
    ("platformctl predict churn --count 200", 0, r"churn-v2-\w{6} +\d+ +\d+\.\d % +0 +0"),
    ("platformctl predict churn --input rows.csv -o json", 0, r'"predictions": \['),
    (
        "printf 'tenure,fee\\n1,9\\n40,1\\n' | platformctl predict churn --input - --count 6 --connections 2",
        0,
        r"^6 requests over 2 connections in \d+\.\d s",
    ),
    (
        "platformctl model onnx churn --dry-run",
        0,
        r"^register churn v1 with its ONNX export as a new version",
    ),
    (
        "platformctl model onnx churn --version 2 --rows rows.csv -o churn-onnx",
        0,
        r"^the ONNX export of churn v2 is equal \(\w+ precision\)$",
    ),
    ("platformctl image build --dry-run", 0, r"^build localhost/platformctl-predictor:\d.* on docker.io/"),
    (
        "platformctl image build churn --version 2 --dry-run",
        0,
        r"^build localhost/platformctl-model:\w{12} on docker.io/library/python:3.1\d-slim",
    ),
    ("platformctl render churn", 0, r"(?m)^  name: churn-v1-\w{6}$"),
    ("platformctl render churn --kserve-version 0.17 --record registry.json", 0, r"kind: HTTPRoute"),
    ("platformctl render churn --recorded registry.json", 0, r"mlflow-artifacts:/"),
    (
        "platformctl render -f churn.yaml --version 2 --canary 10 -o manifests/",
        0,
        r"manifests/inferenceservice-churn-v2-\w{6}.yaml",
    ),
    ("platformctl render churn --mode knative", 0, r"(?m)^    serving.kserve.io/deploymentMode: Knative$"),
    ("platformctl status churn", 0, r"churn-v2-\w{6}  canary  churn v2   10 %    1/1"),
    ("platformctl status churn -o json", 0, r'"degraded": false'),
    ("platformctl list", 0, r"churn  canary"),
    ("platformctl analyze churn", 1, r"^$"),
    ("platformctl analyze churn --record past.jsonl", 0, r"^$"),
    ("platformctl analyze churn --record past.jsonl", 0, r"^$"),
    (
        "platformctl analyze churn --replay past.jsonl --alpha 0.05 --margin 1.5",
        0,
        r"^churn: undecided$(.|\n)*after the first of 2 readings",
    ),
    ("platformctl analyze churn --replay prometheus --since 6h --policy churn.yaml", 2, r"^$"),
    ("platformctl history churn", 0, r"serves +churn-v2-\w{6}  10 %"),
    ("platformctl logs churn --tail 20", 0, r"==> churn-v1-\w{6} <==(.|\n)*==> churn-v2-\w{6} <=="),
    ("platformctl promote churn --alias champion", 0, r"^churn-v2-\w{6} has 100 %$"),
    ("platformctl diff -f churn.yaml", 1, r"model.version +2 +1"),
    ("platformctl deploy -f churn.yaml --timeout 2m", 0, r"^churn-v1-\w{6} has 100 %$"),
    ("platformctl prune churn --keep 0", 0, r"^removed churn-v2-\w{6}$"),
    ("platformctl deploy churn --version 2 --auto", 0, r"^churn-v2-\w{6} has 1 %$"),
    ("platformctl rollout status churn", 0, r"^churn-v2-\w{6} against churn-v1-\w{6}: step 1 of 5, 1 %"),
    ("platformctl rollout pause churn", 0, r"^churn is paused at 1 %$"),
    ("platformctl rollout approve churn --step 1", 0, "^churn may go on from 1 % once it is resumed: "),
    ("platformctl rollout approve churn", 0, "^churn may go on from 1 % once it is resumed: "),
    ("platformctl rollout resume churn", 0, r"^churn goes on at 1 %$"),
    ("platformctl rollout abort churn", 0, r"^churn-v1-\w{6} has 100 %$"),
    ("platformctl rollout retry churn", 0, r"^churn-v2-\w{6} has 1 %$"),
    ("platformctl rollback churn", 0, r"^churn-v1-\w{6} has 100 %$"),
    ("platformctl delete churn --yes", 0, r"^churn is deleted$"),
    ("platformctl down", 0, r"^the local stack is down$"),
    ("platformctl down --purge --yes", 0, r"^the local stack was not up, and .* is removed$"),
]


class Shell:
    """Runs command lines in a folder, with a home of its own."""

    def __init__(self, folder: Path) -> None:
        beside = str(Path(sys.executable).parent)
        self.folder = folder
        self.home = folder / "home"
        self.environ = {**os.environ, "PLATFORMCTL_HOME": str(self.home), "NO_COLOR": "1"}
        self.environ["PATH"] = os.pathsep.join((beside, os.environ["PATH"]))
        self.environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def interrupted(self, line: str, after: str) -> int:
        """Press Ctrl-C once a line has been printed that holds the text; the exit code."""
        command = [sys.executable, "-m", *line.split()]
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert any(after in printed for printed in process.stdout)
            process.send_signal(signal.SIGINT)
            return process.wait(60)

    def __call__(self, line: str) -> Ran:
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A folder with a spec and rows; a stack that is up, with two versions of churn in its registry."""
    folder = tmp_path_factory.mktemp("person")
    (folder / "churn.yaml").write_text(_SPEC)
    (folder / "rows.csv").write_text("tenure,fee\n1,9\n40,1\n")
    shell = Shell(folder)
    up = shell(f"platformctl up --port {free_port()} --mlflow-port {free_port()} -o json")
    assert up.code == 0, up.err
    printed = json.loads(up.out)
    assert paths(printed) == paths(promised()["Stack"])
    try:
        uri = printed["registry"]
        log_churn_like_models(uri, folder, "churn", "skops", "skops")
        RestRegistry(uri, {}).move_alias("churn", "champion", "1")
        yield shell
    finally:
        down = shell("platformctl down --purge --yes -o json")
    assert paths(json.loads(down.out)) == paths(promised()["StackDown"])


def examples() -> set[str]:
    """The lines under `Example:` of all verbs; the demo is a story of its own (tests/demo)."""
    epilogs = [each.command.epilog or "" for each in commands() if each.info_name != "demo"]
    found = {line for epilog in epilogs for line in epilog.splitlines()}
    return {line.strip() for line in found if line.startswith("  ")}


def test_the_story_has_every_example() -> None:
    assert examples() - {line for line, _, _ in STORY} == set()


def test_the_examples_work_in_order(shell: Shell) -> None:
    for line, code, said in STORY:
        ran = shell(line)
        assert ran.code == code, (line, ran)
        assert re.search(said, ran.out.strip(), re.MULTILINE), (line, ran)
        assert "Traceback" not in ran.err
        if line == "platformctl status churn":
            assert shell.interrupted("platformctl status churn --watch", after="churn: canary") == 0
    assert not shell.home.exists()
    assert "_PLATFORMCTL_COMPLETE=bash_complete" in (shell.folder / "platformctl.bash").read_text()
