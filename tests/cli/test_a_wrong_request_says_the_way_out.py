"""Usage: exit 2, what is wrong, what to write instead; and nothing was changed."""

from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.cli.hosts import Ran

pytestmark = pytest.mark.quick

WRONG = {
    "statsu churn": "error: there is no verb 'statsu'\nhint: did you mean status?\n",
    "xyzzy": "error: there is no verb 'xyzzy'\nhint: platformctl --help lists the verbs\n",
    "deploy churn --canry 5": "error: there is no option --canry\nhint: did you mean --canary?\n",
    "deploy": "error: a name or a file is missing\nhint: platformctl deploy NAME, or -f FILE\n",
    "promote": "error: missing argument 'NAME'\nhint: platformctl promote --help\n",
    "deploy churn --canary 130": "error: --canary: a canary has 1 to 99 percent, not 130\n"
    "hint: write a share such as 10\n",
    "deploy churn --canary 0": "error: --canary: a canary has 1 to 99 percent, not 0\n"
    "hint: leave canary out; to take a running canary's share away: platformctl rollback\n",
    "deploy churn --canary abc": "error: --canary: 'abc' is not a whole number\n"
    "hint: write a number such as 3\n",
    "deploy churn --canary 10%": "error: --canary: '10%' is not a whole number\n"
    "hint: write 10, without quotes or unit\n",
    "deploy churn --version champion": "error: --version: 'champion' is not a version number\n"
    "hint: for an alias: --alias champion\n",
    "deploy churn --version v3": "error: --version: 'v3' is not a version number\nhint: --version 3\n",
    "deploy churn --alias v3": "error: --alias: 'v3' is a version, not an alias\nhint: --version 3\n",
    "deploy churn --version 1 --alias x": "error: --version: give only one of --version and --alias\n",
    "deploy churn --timeout soon": "error: --timeout: 'soon' is not a duration\n"
    "hint: write seconds or minutes: 90, 90s or 2m\n",
    "deploy churn --timeout 0": "error: --timeout: '0' is not a duration\n"
    "hint: write seconds or minutes: 90, 90s or 2m\n",
    "predict churn --count 0": "error: --count: '0' is not a whole number of at least 1\n"
    "hint: write --count 10\n",
    "status --watch": "error: --watch needs a NAME, and the table\nhint: platformctl status NAME --watch\n",
    "status Churn": "error: NAME: 'Churn' is not a name: lower-case letters, digits and '-', starting with a "
    "letter\nhint: use 'churn'\n",
    "up --target cluster": "error: --target: up is for this machine only, and the target is 'cluster' (it "
    "was chosen by flag --target)\n"
    "hint: platformctl up --target local; platformctl doctor looks at the cluster\n",
    "status churn --target clutser": "error: --target: 'clutser' is not a target\n"
    "hint: did you mean cluster?\n",
    "status churn --namespace A": "error: --namespace: 'A' is not a namespace\n"
    "hint: lower-case letters, digits and '-', at most 63\n",
    "status chrun": "error: there is no deployment 'chrun'\nhint: deployments: none\n",
}


@pytest.mark.parametrize("line", WRONG)
def test_it_is_refused_before_anything_has_changed(cli: Cli, line: str) -> None:
    assert cli(*line.split()) == Ran(2, "", WRONG[line])
    assert not cli.host.fakes.recorded


def test_no_verb_at_all_shows_the_help(cli: Cli) -> None:
    ran = cli()
    assert (ran.code, ran.out) == (2, "")
    assert "Usage: platformctl" in ran.err


def test_a_misspelt_deployment_is_told_the_nearest(steady: Cli) -> None:
    assert steady("status", "chrun") == Ran(
        2,
        "",
        "error: there is no deployment 'chrun'\nhint: did you mean churn? deployments: churn\n",
    )


def test_an_unknown_revision_lists_those_that_are_there(canary: Cli) -> None:
    canary("promote", "churn")
    ran = canary("rollback", "churn", "--to", "churn-v9-000000")
    assert ran.code == 2
    assert ran.err.endswith(
        "error: --to: churn-v9-000000 is not recorded\nhint: previous revisions: churn-v1-f03c1f\n"
    )


SPEC = """
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {name: churn}
spec:
  model: {path: models/churn}
  transformer: {class: "own.steps:Clean", path: code}
"""


def test_the_name_and_the_file_must_agree(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "churn.yaml").write_text(SPEC)
    assert cli("deploy", "fraud", "-f", str(tmp_path / "churn.yaml")) == Ran(
        2,
        "",
        "error: metadata.name: the file says 'churn', the command 'fraud'\n"
        "hint: leave NAME out, or name the right file\n",
    )


def test_paths_in_a_file_start_at_its_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "churn.yaml").write_text(SPEC)
    cli.host.registry.folders[str(tmp_path / "models/churn")] = {"model.joblib": b"\x80"}
    assert cli("deploy", "-f", str(tmp_path / "churn.yaml")).code == 0
    live = next(iter(cli.host.fakes.live.values())).revision
    assert live.model.uri == str(tmp_path / "models/churn")
    assert live.transformer is not None
    assert live.transformer.model_dump() == {
        "class": "own.steps:Clean",
        "path": str(tmp_path / "code"),
        "content": f"digest of {tmp_path / 'code'}",
    }


def test_a_name_finds_its_file_in_the_contexts_folder_of_specs(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "churn.yaml").write_text(SPEC)
    cli.host.specs = tmp_path
    cli.host.registry.folders[str(tmp_path / "models/churn")] = {"model.joblib": b"\x80"}
    ran = cli("deploy", "churn")
    assert (ran.code, "(spec.model.path)" in ran.err) == (0, True)


def test_a_bare_dry_run_does_not_swallow_the_name(cli: Cli) -> None:
    ran = cli("deploy", "--dry-run", "churn")
    assert (ran.code, ran.out) == (
        0,
        "prepare churn-v1-f03c1f (alias champion)\ntraffic of churn-v1-f03c1f: 0 % to 100 %\n",
    )
    assert not cli.host.fakes.recorded


def test_a_server_dry_run_asks_the_target_and_exits_with_1_if_it_refuses(cli: Cli, tmp_path: Path) -> None:
    spec = SPEC.replace('class: "own.steps:Clean", path: code', "image: registry/clean:1")
    (tmp_path / "churn.yaml").write_text(spec.replace("path: models/churn", "name: churn"))
    client = cli("deploy", "-f", str(tmp_path / "churn.yaml"), "--dry-run")
    server = cli("deploy", "-f", str(tmp_path / "churn.yaml"), "--dry-run=server")
    assert (client.code, server.code) == (0, 1)
    assert server.out.splitlines()[-1] == "error: spec.transformer: images are for clusters"


def test_global_options_stand_before_or_after_the_verb(cli: Cli) -> None:
    cli.host.fakes.target_is_down = True
    for arguments in (("--home", "/srv/p", "promote", "churn"), ("promote", "churn", "--home", "/srv/p")):
        ran = cli(*arguments)
        assert ran == Ran(
            3, "", "target: local (/srv/p)\nerror: the target does not answer\nhint: platformctl up\n"
        )


def test_debug_shows_where_an_error_came_from(cli: Cli) -> None:
    plain, debug = cli("status", "churn"), cli("status", "churn", "--debug")
    assert "Traceback" not in plain.err
    assert debug.err.startswith("Traceback")
    assert debug.err.endswith(plain.err)
