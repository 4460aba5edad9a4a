import json

import pytest

from tests.cli.conftest import Cli
from tests.cli.hosts import V1
from tests.fakes import Behaviour

pytestmark = pytest.mark.quick

FLAGS = (
    *("--format", "onnx", "--predict", "both", "--allow-version-skew"),
    *("--trust-type", "shop.Scaler", "--trust-type", "shop.Encoder"),
)


def test_it_is_recorded_as_if_the_spec_had_said_it(cli: Cli) -> None:
    assert cli("deploy", "churn", *FLAGS).code == 0
    spec = json.loads(cli("status", "churn", "-o", "json").out)["spec"]["spec"]
    assert spec["predictor"] == {"format": "onnx", "output": "both"}
    assert spec["model"]["allowVersionSkew"] is True
    assert spec["model"]["trustedTypes"] == ["shop.Scaler", "shop.Encoder"]


def test_a_diff_says_what_that_would_change(steady: Cli) -> None:
    ran = steady("diff", "churn", "--predict", "both", "-o", "json")
    fields = {field["field"]: field["wanted"] for field in json.loads(ran.out)["fields"]}
    assert (ran.code, fields["predictor.output"], fields["predictor.format"]) == (1, "both", "auto")


def test_nothing_said_is_the_same_revision(steady: Cli) -> None:
    assert steady("deploy", "churn", "--format", "auto").out == f"{V1} has 100 % already\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--format onx", "'onx' is not one of 'auto', 'sklearn', 'pipeline', 'onnx', 'pyfunc'"),
        ("--predict all", "'all' is not one of 'label', 'probability', 'both'"),
        ("--trust-type=", "--trust-type: '' is no type's name"),
    ],
)
def test_what_is_no_such_thing_is_refused(cli: Cli, line: str, said: str) -> None:
    ran = cli("deploy", "churn", *line.split())
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert not cli.host.fakes.recorded


def test_a_servers_refusal_is_told_in_full_with_the_flag(cli: Cli) -> None:
    refusal = (
        "model.skops has types that are not trusted: " + ", ".join(f"shop.Type{n}" for n in range(40))
    ) + " (log it again, or trust them: --trust-type shop.Type0)"
    cli.host.behaves(V1, Behaviour(failure=refusal))
    ran = cli("deploy", "churn")
    assert ran.code == 1
    assert refusal in ran.err
