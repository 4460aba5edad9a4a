"""What a URI and the environment make of a server; what cannot be meant is refused before it is asked."""

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.adapters.registry.rest.server import needs_mlflow, server_of
from platformctl.adapters.registry.store import StoreRegistry
from platformctl.domain.errors import SpecError, Unreachable
from platformctl.domain.version_ref import Exact, Folder, Newest

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("uri", "plain", "host", "port", "prefix"),
    [
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000", "127.0.0.1", 5000, ""),
        ("https://mlflow.example/", "https://mlflow.example", "mlflow.example", 443, ""),
        (
            "https://u:p@mlflow.example/ml/flow/",
            "https://mlflow.example/ml/flow",
            "mlflow.example",
            443,
            "/ml/flow",
        ),
        ("http://[::1]:5000", "http://[::1]:5000", "::1", 5000, ""),
        ("HTTP://MLflow.example:80", "http://mlflow.example", "mlflow.example", 80, ""),
    ],
)
def test_an_address_is_taken_apart(uri: str, plain: str, host: str, port: int, prefix: str) -> None:
    server = server_of(uri, {})
    assert (server.uri, server.host, server.port, server.prefix) == (plain, host, port, prefix)


@pytest.mark.parametrize(
    "uri", ["", "mlflow.example", "ftp://x", "http://", "http://x:port", "http://u:hunter2@:1"]
)
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(SpecError) as error:
        RestRegistry(uri, {})
    assert "hunter2" not in str(error.value)
    assert error.value.hint


def test_secrets_are_not_shown() -> None:
    environ = {"MLFLOW_TRACKING_TOKEN": "hunter2", "http_proxy": "http://u:hunter2@proxy.example"}
    assert "hunter2" not in repr(server_of("http://u:hunter2@mlflow.example", environ))


@pytest.mark.parametrize(
    ("environ", "field"),
    [
        ({"MLFLOW_HTTP_REQUEST_TIMEOUT": "soon"}, "MLFLOW_HTTP_REQUEST_TIMEOUT"),
        ({"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "-1"}, "MLFLOW_HTTP_REQUEST_MAX_RETRIES"),
        ({"MLFLOW_TRACKING_TOKEN": "two\r\nlines"}, "MLFLOW_TRACKING_TOKEN"),
        ({"http_proxy": "socks5://proxy.example"}, "http_proxy"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_named(environ: dict[str, str], field: str) -> None:
    with pytest.raises(SpecError) as error:
        server_of("http://mlflow.example", environ)
    assert (error.value.field, bool(error.value.hint)) == (field, True)


def test_signing_in_by_plugins_is_left_to_the_mlflow_package() -> None:
    assert needs_mlflow({}) is None
    assert needs_mlflow({"MLFLOW_TRACKING_AUTH": "kubernetes"}) == "MLFLOW_TRACKING_AUTH"
    assert needs_mlflow({"MLFLOW_TRACKING_AWS_SIGV4": "true"}) == "MLFLOW_TRACKING_AWS_SIGV4"
    assert needs_mlflow({"MLFLOW_TRACKING_AWS_SIGV4": "false"}) is None


def test_a_folder_is_not_looked_for_in_a_registry() -> None:
    with pytest.raises(SpecError, match="'model' is a folder"):
        RestRegistry("http://mlflow.example", {}).resolve("churn", Folder("model"))


@pytest.mark.parametrize("uri", ["sqlite:///no/such/mlflow.db", "sqlite+pysqlite:////no/such/mlflow.db"])
def test_a_database_that_is_not_there_is_not_made(uri: str) -> None:
    told: list[str] = []
    registry = StoreRegistry(uri, lambda text, _: told.append(text))
    with pytest.raises(Unreachable, match=r"no/such/mlflow\.db does not exist"):
        registry.resolve("churn", Newest())
    assert told == []


def test_a_file_that_is_no_database_is_told_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("damaged") / "mlflow.db"
    file.write_text("this is not sqlite")
    with pytest.raises(Unreachable, match="cannot be used") as error:
        StoreRegistry(f"sqlite:///{file}", lambda *_: None).resolve("churn", Exact(1))
    assert "restore it" in str(error.value.hint)
    assert file.read_text() == "this is not sqlite"
