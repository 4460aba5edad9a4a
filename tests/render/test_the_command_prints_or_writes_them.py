import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.cli.hosts import Ran
from tests.render.cases import FOLDER, record

pytestmark = pytest.mark.quick

SPEC = str(FOLDER / "specs" / "plain.yaml")

Command = Callable[..., Ran]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """`platformctl render`, with a record of a registry and no network; `environ` is what else is set."""
    recorded = str(record("s3://models/churn", tmp_path))

    def run(*arguments: str, **environ: str) -> Ran:
        clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "KUBECONFIG": "/nowhere"}
        options = () if "--recorded" in arguments else ("--recorded", recorded)
        done = subprocess.run(
            [sys.executable, "-m", "platformctl", "render", *arguments, *options],
            cwd=tmp_path,
            env={**clean, **environ},
            capture_output=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def test_the_stream_goes_to_stdout_and_the_choice_to_stderr(command: Command) -> None:
    ran = command("churn")
    assert ran.code == 0, ran.err
    kinds = [document["kind"] for document in yaml.safe_load_all(ran.out)]
    assert kinds == ["ConfigMap", "InferenceService", "PodDisruptionBudget", "HTTPRoute"]
    assert "churn v3 (alias champion) is churn-v3-" in ran.err
    assert " is in no registry: it has to be on the nodes already" in ran.err


def test_the_same_input_gives_the_same_bytes_wherever_it_runs(command: Command) -> None:
    first = command("churn", "--canary", "10", PYTHONHASHSEED="1", LC_ALL="C", TZ="UTC")
    second = command(
        "churn", "--canary", "10", PYTHONHASHSEED="2", LC_ALL="C.UTF-8", TZ="Asia/Tokyo", USER="bob"
    )
    assert first.code == second.code == 0
    assert first.out == second.out


def test_a_file_an_object_and_their_paths_on_stdout(command: Command, tmp_path: Path) -> None:
    ran = command("churn", "--canary", "10", "-o", "made/of")
    paths = ran.out.split()
    assert sorted(path.name for path in (tmp_path / "made/of").iterdir()) == sorted(
        path.removeprefix("made/of/") for path in paths
    )
    assert "made/of/httproute-churn.yaml" in paths
    stream = command("churn", "--canary", "10").out
    assert "".join(f"---\n{(tmp_path / path).read_text()}" for path in paths) == stream


def test_a_share_makes_two_revisions_with_their_weights(command: Command) -> None:
    *_, route = yaml.safe_load_all(command("churn", "--canary", "10").out)
    split, *pinned = (rule for rule in route["spec"]["rules"] if "backendRefs" in rule)
    shares = {backend["name"][:8]: backend["weight"] for backend in split["backendRefs"]}
    assert shares == {"churn-v3": 90, "churn-v4": 10}
    assert len(pinned) == 2
    for rule in pinned:
        (backend,) = rule["backendRefs"]
        revision = backend["name"].removesuffix("-predictor")
        assert {match["headers"][0]["value"] for match in rule["matches"]} == {revision}


def test_the_context_says_what_is_known_of_the_cluster(command: Command, tmp_path: Path) -> None:
    (tmp_path / "platformctl.toml").write_text(
        'context = "prod"\n[contexts.prod]\ntarget = "cluster"\nnamespace = "ml"\nkserve = "0.15"\n'
        'images = "ghcr.io/team"\nstorage_secret = "s3"\n'
        '[contexts.prod.storage]\n"s3://models/" = "gs://mirror/"\n'
    )
    ran = command("churn")
    documents = {document["kind"]: document for document in yaml.safe_load_all(ran.out)}
    service = documents["InferenceService"]
    assert service["metadata"]["namespace"] == "ml"
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "RawDeployment"
    container = service["spec"]["predictor"]["containers"][0]
    assert container["image"].startswith("ghcr.io/team/platformctl-predictor:")
    assert container["env"] == [{"name": "STORAGE_URI", "value": "gs://mirror/churn/m-3"}]
    assert documents["ServiceAccount"]["secrets"] == [{"name": "s3"}]
    assert "is in no registry" not in ran.err
    newer = command("churn", "--kserve-version", "v0.20.0")
    assert "deploymentMode: Standard" in newer.out


def test_in_knative_mode_a_share_is_a_percentage_of_the_newest(command: Command, tmp_path: Path) -> None:
    ran = command("churn", "--canary", "10", "--mode", "knative")
    record, *_, service = yaml.safe_load_all(ran.out)
    assert (record["kind"], service["kind"]) == ("ConfigMap", "InferenceService")
    assert (service["metadata"]["name"], service["spec"]["predictor"]["canaryTrafficPercent"]) == (
        "churn",
        10,
    )
    (tmp_path / "platformctl.toml").write_text(
        'context = "prod"\n[contexts.prod]\ntarget = "cluster"\nmode = "knative"\n'
    )
    assert "deploymentMode: Knative" in command("churn").out
    assert "deploymentMode: Standard" in command("churn", "--mode", "standard").out
    assert "deploymentMode: Standard" in command("churn", "--mode", "auto").out, "no cluster is asked"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("churn", "--version", "7"), "has no answer to this: version 7 of churn"),
        (("churn", "--kserve-version", "0.18"), "known: 0.15, 0.16, 0.17, 0.19, 0.20"),
        (("churn", "--alias", "champion", "--canary", "10"), "the canary is what serves already"),
        (("churn", "--canary", "100"), "--canary"),
        (("churn", "--recorded", "none.json"), "there is no file none.json"),
        (("churn", "--record", "more.json"), "give only one of --record and --recorded"),
        ((), "a name or a file is missing"),
        (("churn", "-o", "/proc/made"), "cannot be written to"),
    ],
)
def test_a_wrong_request_ends_with_2_and_the_way_out(
    command: Command, arguments: tuple[str, ...], said: str
) -> None:
    ran = command(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
