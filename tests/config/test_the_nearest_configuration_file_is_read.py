import re
from pathlib import Path

import pytest

from platformctl.adapters.config import find, load, settings
from platformctl.domain.cluster_options import ClusterOptions
from platformctl.domain.configuration import Context
from platformctl.domain.errors import SpecError
from platformctl.domain.settings import Flags, Setting

pytestmark = pytest.mark.quick

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "ada").mkdir()
    return {"HOME": str(tmp_path / "ada")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "models" / "churn").mkdir(parents=True)
    return folder


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_upwards_from_the_current_folder_the_nearest_first(repository: Path, environ: dict[str, str]) -> None:
    above = written(repository / "platformctl.toml", "")
    assert find(repository / "models" / "churn", environ) == above
    nearer = written(repository / "models" / "platformctl.toml", "")
    assert find(repository / "models" / "churn", environ) == nearer
    assert find(repository, environ) == above


def test_then_xdg(repository: Path, environ: dict[str, str], tmp_path: Path) -> None:
    assert find(repository, environ) is None
    default = written(tmp_path / "ada/.config/platformctl/config.toml", "")
    assert find(repository, environ) == default
    xdg = written(tmp_path / "xdg/platformctl/config.toml", "")
    assert find(repository, {**environ, "XDG_CONFIG_HOME": str(tmp_path / "xdg")}) == xdg
    own = written(repository / "platformctl.toml", "")
    assert find(repository, {**environ, "XDG_CONFIG_HOME": str(tmp_path / "xdg")}) == own


def test_a_folder_of_that_name_is_no_file(repository: Path, environ: dict[str, str]) -> None:
    above = written(repository / "platformctl.toml", "")
    (repository / "models" / "platformctl.toml").mkdir()
    assert find(repository / "models", environ) == above


def test_folders_are_relative_to_the_file(repository: Path, environ: dict[str, str]) -> None:
    path = written(
        repository / "platformctl.toml",
        '[contexts.a]\nspecs = "deploy"\nhome = "~/models"\n[contexts.b]\nspecs = "/abs"\nhome = "."\n',
    )
    assert load(path, environ).contexts == {
        "a": Context(specs=repository / "deploy", home=Path(environ["HOME"]) / "models"),
        "b": Context(specs=Path("/abs"), home=repository),
    }


def test_the_documented_example_means_what_the_page_says(repository: Path, environ: dict[str, str]) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    path = written(repository / "platformctl.toml", example)
    file = load(path, environ)
    assert file.context == "laptop"
    assert file.contexts == {
        "laptop": Context(target="local", specs=repository / "deploy", port=8780),
        "production": Context(
            target="cluster",
            namespace="models",
            registry="https://mlflow.example.com",
            specs=repository / "deploy",
            cluster=ClusterOptions(
                kube_context="prod-eu",
                gateway="infra/public",
                host="{name}.models.example.com",
                images="ghcr.io/your-team",
                storage_secret="s3-credentials",  # noqa: S106 - the name of a Secret
                storage={"mlflow-artifacts:/": "s3://models/mlflow"},
            ),
        ),
    }


def test_found_read_and_settled(repository: Path, environ: dict[str, str]) -> None:
    path = written(repository / "platformctl.toml", 'context = "a"\n[contexts.a]\nport = 9000\n')
    found = settings(Flags(), environ, repository / "models")
    assert found.port == Setting(9000, f"file {path}, context a")
    assert found.file == path


def test_a_service_without_home_has_that_of_its_user(repository: Path) -> None:
    assert settings(Flags(), {}, repository).home.value.is_absolute()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("context = \n", "not TOML: Invalid value (at line 1, column 11)"),
        ("\n\n[contexts.a\n", "(at line 3, column 12)"),
        ("[contexts.a]\nport = 1\nport = 2\n", "(at line 3, column 9)"),
        ("a = " + "[" * 20_000, "not TOML: nested too deep"),
        ("a = " + "9" * 5_000, "not TOML: "),
        ("#" * 1024 * 1025, "larger than 1024 KiB"),
    ],
)
def test_a_file_that_is_no_toml(repository: Path, environ: dict[str, str], text: str, message: str) -> None:
    path = written(repository / "platformctl.toml", text)
    with pytest.raises(SpecError) as caught:
        load(path, environ)
    assert message in caught.value.message
    assert str(path) in caught.value.message


def test_a_file_that_is_not_utf8(repository: Path, environ: dict[str, str]) -> None:
    path = repository / "platformctl.toml"
    path.write_bytes(b"# one\n# gr\xf6\xdfer\n")
    with pytest.raises(SpecError) as caught:
        load(path, environ)
    assert caught.value.message == f"not UTF-8 text ({path}, line 2)"


def test_a_file_that_is_gone_when_it_is_read(repository: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SpecError, match="cannot be read: No such file"):
        load(repository / "platformctl.toml", environ)
