"""What `--dry-run` says, against what the same command does afterwards."""

import re
from collections.abc import Mapping

import pytest

from platformctl.domain.names import Name
from tests.cli.conftest import Cli
from tests.cli.hosts import V1, V2, V3
from tests.fakes import FakeTarget

pytestmark = pytest.mark.quick

STORIES = {
    "a first deployment": ([], "deploy churn"),
    "a new version": (["deploy churn"], "deploy churn --version 2"),
    "a canary": (["deploy churn"], "deploy churn --canary 10"),
    "a canary in place of another": (
        ["deploy churn", "deploy churn --canary 10"],
        "deploy churn --version 3 --canary 20",
    ),
    "a canary promoted": (["deploy churn", "deploy churn --canary 10"], "promote churn"),
    "a canary rolled back": (["deploy churn", "deploy churn --canary 10"], "rollback churn"),
    "a version rolled back": (["deploy churn", "deploy churn --version 2"], "rollback churn"),
    "a cold version rolled back to": (
        ["deploy churn", "deploy churn --version 2", "deploy churn --version 3"],
        f"rollback churn --to {V1}",
    ),
    "previous ones pruned": (["deploy churn", "deploy churn --version 2"], "prune churn --keep 0"),
    "all deleted": (["deploy churn", "deploy churn --canary 10"], "delete churn"),
}


def state(cli: Cli) -> tuple[Mapping[str, int], set[str]]:
    """Who has which share, and who is live."""
    seen = FakeTarget(cli.host.fakes).observe(Name("churn"))
    return {str(r): share for r, share in seen.route.weights.items()}, set(map(str, seen.revisions))


@pytest.mark.parametrize("story", STORIES)
def test_it_says_what_happens_and_does_nothing(cli: Cli, story: str) -> None:
    before, command = STORIES[story]
    for line in before:
        assert cli(*line.split()).code == 0
    shares, live = state(cli)
    ran = cli(*command.split(), "--dry-run=server")
    assert ran.code == 0
    assert state(cli) == (shares, live)
    for revision, was, becomes in re.findall(r"traffic of (\S+): (\d+) % to (\d+) %", ran.out):
        assert shares.get(revision, 0) == int(was)
        shares = {**shares, revision: int(becomes)}
    live |= set(re.findall(r"^prepare (\S+)", ran.out, re.MULTILINE))
    live -= set(re.findall(r"^remove ([^\s,]+)", ran.out, re.MULTILINE))
    yes = ["--yes"] if command.startswith("delete") else []
    assert cli(*command.split(), *yes).code == 0
    assert state(cli) == ({revision: share for revision, share in shares.items() if share}, live)


def test_a_promotions_alias_is_foretold(canary: Cli) -> None:
    assert canary("promote", "churn", "--alias", "champion", "--dry-run").out == (
        "traffic of churn-v1-f03c1f: 90 % to 0 %\n"
        "traffic of churn-v2-cbef85: 10 % to 100 %\n"
        "move alias champion of churn to version 2\n"
    )
    assert canary.host.registry.aliases["churn", "champion"] == "1"


def test_what_would_be_refused_is_refused(steady: Cli) -> None:
    assert steady("promote", "churn", "--dry-run").code == 1
    assert steady("rollback", "churn", "--dry-run").code == 1
    assert steady("rollback", "churn", "--to", V3, "--dry-run").code == 2
    assert {V1, V2} > set(FakeTarget(steady.host.fakes).observe(Name("churn")).revisions)
