"""`deploy` of a version that breaks callers: what is printed, and the option that lets it through."""

import json

import pytest

from platformctl.domain.names import Name
from platformctl.domain.revision import ModelInfo
from tests.cli.conftest import Cli
from tests.fakes import FakeTarget, FakeVersion, columns, mlmodel

pytestmark = pytest.mark.quick

BREAKS = {"inputs": columns(age="string", plan="string"), "outputs": columns(churns="double")}
DEPLOY = ("deploy", "churn", "--version", "4")
ALLOW = ("--allow-breaking", "inputs.age", "--allow-breaking", "outputs.churns")


@pytest.fixture
def serving(steady: Cli) -> Cli:
    """Version 1 serves, and version 4 breaks its callers."""
    info = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True)
    steady.host.registry.register("churn", FakeVersion(files={"MLmodel": mlmodel(**BREAKS)}, info=info))
    return steady


def test_each_field_is_named_with_what_lets_it_through(serving: Cli) -> None:
    ran = serving(*DEPLOY)
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.splitlines()[-4:] == [
        "error: callers of what serves would be broken; nothing was changed",
        "         inputs.age: it was long and is string now, which does not take all of that",
        "         outputs.churns: long was answered, and double is now",
        f"hint: deploy it under another name; or, where no caller minds: {' '.join(ALLOW)}",
    ]
    assert len(FakeTarget(serving.host.fakes).observe(Name("churn")).revisions) == 1


def test_the_option_may_be_repeated(serving: Cli) -> None:
    ran = serving(*DEPLOY, "--canary", "10", *ALLOW)
    assert ran.code == 0
    assert "outputs.churns: long was answered, and double is now (allowed)" in ran.err
    told = serving("history", "churn", "-o", "json").out
    assert "to 10 %; breaking changes allowed: inputs.age, outputs.churns" in told


def test_a_wrong_field_is_refused(serving: Cli) -> None:
    ran = serving(*DEPLOY, "--allow-breaking", "input.age")
    assert ran.code == 2
    assert ran.err.endswith(
        "error: --allow-breaking: neither version has 'input.age'\nhint: did you mean inputs.age?\n"
    )


@pytest.mark.parametrize("how", ["client", "server"])
def test_a_dry_run_shows_it(serving: Cli, how: str) -> None:
    ran = serving(*DEPLOY, f"--dry-run={how}")
    assert ran.code == 1
    assert "inputs.age: it was long and is string now, which does not take all of that" in ran.out
    assert "--allow-breaking inputs.age lets it through" in ran.out
    assert serving(*DEPLOY, f"--dry-run={how}", *ALLOW).code == 0


def test_as_json_a_dry_run_names_the_fields(serving: Cli) -> None:
    told = json.loads(serving(*DEPLOY, "--dry-run=client", "-o", "json").out)
    assert [found["field"] for found in told["findings"]] == ["inputs.age", "outputs.churns"]
