import pytest

from platformctl.domain.errors import SpecError
from platformctl.domain.images import reference
from platformctl.usecases.image import Request, Workshop, plan
from tests.cli.conftest import Cli
from tests.cli.hosts import FakeHost
from tests.fakes import FakeRegistry
from tests.images.heard import Heard

pytestmark = pytest.mark.quick


def names(request: Request) -> list[str]:
    workshop = Workshop(FakeRegistry(), Heard(), source="5e12", version="0.1.0")
    return [wanted.reference for wanted in plan(workshop, request)]


def test_stock_images_have_our_version() -> None:
    assert names(Request()) == [
        "localhost/platformctl-predictor:0.1.0",
        "localhost/platformctl-transformer:0.1.0",
        "localhost/platformctl-storage:0.1.0",
    ]


def test_a_predictor_with_other_extras_is_another_one() -> None:
    predictor, transformer, _ = names(Request(extras=("pyfunc", "sklearn"), prefix="ghcr.io/team"))
    assert predictor == "ghcr.io/team/platformctl-predictor:0.1.0-pyfunc-sklearn"
    assert transformer == "ghcr.io/team/platformctl-transformer:0.1.0"


@pytest.mark.parametrize(
    "prefix", ["ghcr.io/team", "registry.example.com:5000/ml/a", "docker.io/ann", "localhost"]
)
def test_a_registry_and_a_path(prefix: str) -> None:
    assert reference(prefix, "model", "3f9a") == f"{prefix}/platformctl-model:3f9a"


@pytest.mark.parametrize(
    "prefix", ["GHCR.io/Team", "https://ghcr.io/team", "ghcr.io/team/", "", "a b", "ghcr.io/-x"]
)
def test_what_is_no_place_for_images_is_refused(prefix: str) -> None:
    with pytest.raises(SpecError) as refused:
        reference(prefix, "model", "1")
    assert refused.value.field == "--prefix"


@pytest.mark.parametrize("tag", ["", ".1", "a/b", "a:b", "x" * 129, "latest"])
def test_what_is_no_tag_or_moves_is_refused(tag: str) -> None:
    with pytest.raises(SpecError) as refused:
        reference("ghcr.io/team", "model", tag)
    assert refused.value.field == "--tag"


def test_nothing_is_pushed_to_nowhere() -> None:
    with pytest.raises(SpecError) as refused:
        names(Request(push=True))
    assert refused.value.hint == "--prefix ghcr.io/your-team --push"


@pytest.fixture(name="cli")
def command_line(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(FakeHost(), capsys.readouterr)


def test_stdout_has_the_names_and_nothing_else(cli: Cli) -> None:
    ran = cli("image", "build", "--prefix", "ghcr.io/team", "--push", "--tool", "podman")
    kinds = ("predictor", "transformer", "storage")
    listed = [f"ghcr.io/team/platformctl-{kind}:0.1.0" for kind in kinds]
    assert (ran.code, ran.out.splitlines()) == (0, listed)
    assert "tool: podman" in ran.err
    assert cli.host.images.pushed == listed


def test_a_second_time_nothing_is_built(cli: Cli) -> None:
    assert cli("image", "build").code == 0
    again = cli("image", "build", "-o", "json")
    assert '"built": true' not in again.out
    assert "localhost/platformctl-predictor:0.1.0 is there already" in again.err
    assert cli("image", "build", "--dry-run=server").out == "nothing would be changed\n"


def test_what_is_there_is_pushed_nevertheless(cli: Cli) -> None:
    cli("image", "build", "--prefix", "ghcr.io/team")
    rehearsed = cli("image", "build", "--prefix", "ghcr.io/team", "--push", "--dry-run=server")
    assert rehearsed.out.splitlines()[0] == "push ghcr.io/team/platformctl-predictor:0.1.0"
    assert cli.host.images.pushed == []


def test_a_dry_run_builds_nothing(cli: Cli) -> None:
    ran = cli("image", "build", "--dry-run=server", "--base", "debian-python:12")
    assert ran.out.splitlines()[0] == "build localhost/platformctl-predictor:0.1.0 on debian-python:12"
    assert cli.host.images.made == {}


def test_a_model_that_is_not_there_is_said(cli: Cli) -> None:
    ran = cli("image", "build", "nobody")
    assert ran.code == 2
    assert "nobody" in ran.err
