"""`platformctl model onnx` on a folder, and what is refused before anything is done."""

from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from platformctl.cli.main import run
from platformctl.domain.exports import Bounds, Verdict
from platformctl_predictors.formats.onnx_gate import Bounds as TheirBounds
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.settings import FormatPredictor
from tests.cli.hosts import FakeHost, Ran
from tests.onnx.models import columns, save, table, target

pytestmark = pytest.mark.quick


def test_the_bounds_are_the_servers_own() -> None:
    assert vars(Bounds()) == TheirBounds().model_dump()


def test_a_folder_gets_a_copy_with_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = table()
    model = make_pipeline(columns(), LogisticRegression()).fit(data, target(data))
    folder, out = save(tmp_path / "model", model, data), tmp_path / "out"
    code = run(
        [
            "model",
            "onnx",
            "--path",
            str(folder),
            "-o",
            str(out),
            "--count",
            "200",
            "--home",
            str(tmp_path / "h"),
        ]
    )
    said = capsys.readouterr()
    assert code == 0, said.err
    assert said.out.splitlines()[-1] == f"it is in {out}"
    assert not (folder / "onnx").exists()
    assert pick(out, FormatPredictor(kind="auto")).pick.runtime == "onnx"


class Cli:
    """The verb over fakes."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.host = FakeHost()
        self._caught = capsys

    def __call__(self, *arguments: str) -> Ran:
        code = run(["model", "onnx", *arguments], self.host)
        caught = self._caught.readouterr()
        return Ran(code, caught.out, caught.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


GOOD_FIGURES = (
    "10171 rows compared: 0 labels differ, 10171 rows are within 1e-05, at most 4.4e-16 between the scores"
)


def test_the_champion_is_taken_as_a_first_deployment_takes_it(cli: Cli) -> None:
    ran = cli("churn")
    assert ran.code == 0
    assert "churn v1 (alias champion)" in ran.err
    assert cli.host.exporter.registered[0][2] == {
        "platformctl.onnx.source": "1",
        "platformctl.onnx.gate": "passed",
    }
    assert ran.out.splitlines() == [
        "the ONNX export of churn v1 is equal (double precision)",
        GOOD_FIGURES,
        "it is version 4 of churn",
    ]
    assert ran.err.splitlines()[-1] == "  platformctl deploy churn --version 4 --canary 10"


def test_a_folder_alone_registers_nothing(cli: Cli, tmp_path: Path) -> None:
    assert cli("churn", "-o", str(tmp_path / "out")).code == 0
    assert cli.host.exporter.registered == []
    assert cli("churn", "-o", str(tmp_path / "out"), "--register").code == 0
    assert len(cli.host.exporter.registered) == 1


def test_a_dry_run_does_nothing(cli: Cli) -> None:
    ran = cli("churn", "--version", "2", "--dry-run")
    assert ran.out == "register churn v2 with its ONNX export as a new version of churn\n"
    assert cli.host.exporter.asked == []


FIGURES = (
    "100 rows compared: 1 labels differ, 99 rows are within 1e-05, at most a number against none between "
    "the scores"
)


def test_a_failed_gate_is_a_no(cli: Cli) -> None:
    report = {
        "bounds": {"tolerance": 1e-5},
        "worst": [{"row": 7, "expected": {"label": 1, "scores": [0.4, 0.6]}, "got": "refused"}],
    }
    cli.host.exporter.verdict = Verdict(
        *(False, "1 of 100 labels differ, 0 may", "single", 100, 1, 99, None), report=report
    )
    ran = cli("churn")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "the ONNX export of churn v1 is not equal: 1 of 100 labels differ, 0 may",
        FIGURES,
        "the furthest off:",
        "  row 7: scikit-learn gives 1 [0.4, 0.6], ONNX refused",
        "--output json has them with their values",
    ]
    assert cli.host.exporter.registered == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "a name or a folder is missing"),
        (("nothing",), 2, "nothing"),
        (("churn", "--version", "1", "--alias", "champion"), 2, "only one of"),
        (("churn", "--path", "x", "--version", "1"), 2, "a folder has no versions"),
        (("churn", "--alias", "nope"), 2, "error: --alias: "),
        (("churn", "--version", "9"), 2, "error: --version: "),
        (("churn", "--no-register"), 2, "there is nowhere to keep the export"),
        (("churn", "-o", "json"), 2, "--output json"),
        (("churn", "--flips", "few"), 2, "--flips"),
        (("churn", "--share", "2"), 2, "--share"),
    ],
)
def test_what_is_refused_says_the_way_out(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = cli(*arguments)
    assert ran.code == code
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert cli.host.exporter.asked == []
