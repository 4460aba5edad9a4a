"""Login pages, redirects, proxies and broken servers, told apart."""

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import Conflict, Unreachable
from platformctl.domain.version_ref import Alias, Exact, Newest
from tests.registry.stub import Asked, Said, answering, endpoints

pytestmark = pytest.mark.quick

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_VERSION = {"name": "churn", "version": "3", "status": "READY", "source": "models:/m-1"}
_ALIAS = "GET /api/2.0/mlflow/registered-models/alias"
_GOOD = {
    _ALIAS: Said({"model_version": _VERSION}),
    "get-download-uri": Said({"artifact_uri": "s3://bucket/m-1/artifacts"}),
    "get-artifact": Said("flavors: {sklearn: {}}"),
    "logged-models/m-1": Said({"model": {"info": {"status": "LOGGED_MODEL_READY"}}}),
}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said("<html>Sign in</html>", headers=_HTML), "is not an MLflow server: it answers with text/html"),
        (
            Said("<html>Not Found</html>", 404, _HTML),
            "is not an MLflow server: it answers 404 with",
        ),
        (Said("[]"), "is not an MLflow server"),
        (Said("{"), "is not an MLflow server"),
        (Said({"model_version": {}}), "has no name or number"),
        (Said("", 302, {"Location": "https://login.example/?next=x"}), "sends us to https://login.example/"),
        (Said({"error_code": "INTERNAL_ERROR", "message": "disk full"}, 500), "(500): disk full"),
        (Said("<html>Bad Gateway</html>", 502, _HTML), "is out of order (502): text/html"),
        (Said("no\n\n such   thing", 403, {"Content-Type": "text/plain"}), "(403): no such thing"),
    ],
)
def test_each_is_told_apart(said: Said, words: str) -> None:
    with answering(lambda _: said) as stub, pytest.raises(Unreachable) as answer:
        RestRegistry(stub.uri, {}).resolve("churn", Alias("champion"))
    assert words in answer.value.message
    assert stub.uri in answer.value.message
    assert answer.value.hint


def test_credentials_stay_with_the_host_they_are_for() -> None:
    with answering(endpoints({})) as other:
        moved = Said("", 307, {"Location": f"{other.uri}/api/2.0/mlflow/registered-models/alias"})
        with answering(lambda _: moved) as stub, pytest.raises(Unreachable, match="sends us to"):
            RestRegistry(stub.uri, {"MLFLOW_TRACKING_TOKEN": "secret"}).resolve("churn", Alias("champion"))
    assert [asked.headers["Authorization"] for asked in stub.asked] == ["Bearer secret"]
    assert other.asked == []


def test_a_busy_server_is_asked_again() -> None:
    answers = iter([Said("busy", 503), Said("busy", 429)])
    good = endpoints(_GOOD)
    with answering(lambda asked: next(answers, None) or good(asked)) as stub:
        assert RestRegistry(stub.uri, {}).resolve("churn", Alias("champion")).version == "3"
    assert len(stub.asked) == 3 + 3


def test_mlflows_variable_says_how_often() -> None:
    with answering(lambda _: Said("busy", 503)) as stub, pytest.raises(Unreachable, match="503"):
        RestRegistry(stub.uri, {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}).resolve("churn", Alias("a"))
    assert len(stub.asked) == 2


def test_a_path_a_workspace_and_a_token_are_sent_with_every_request() -> None:
    environ = {"MLFLOW_TRACKING_TOKEN": "secret", "MLFLOW_WORKSPACE": " team-a "}
    with answering(endpoints(_GOOD)) as stub:
        RestRegistry(f"{stub.uri}/mlflow/", environ).resolve("churn", Alias("champion"))
    assert {asked.target.partition("?")[0] for asked in stub.asked} == {
        "/mlflow/api/2.0/mlflow/registered-models/alias",
        "/mlflow/api/2.0/mlflow/model-versions/get-download-uri",
        "/mlflow/api/2.0/mlflow/logged-models/m-1",
        "/mlflow/model-versions/get-artifact",
    }
    assert {asked.headers["Authorization"] for asked in stub.asked} == {"Bearer secret"}
    assert {asked.headers["X-MLFLOW-WORKSPACE"] for asked in stub.asked} == {"team-a"}


def test_a_number_may_be_a_number() -> None:
    numbered = {**_GOOD, _ALIAS: Said({"model_version": {**_VERSION, "version": 3}})}
    with answering(endpoints(numbered)) as stub:
        assert RestRegistry(stub.uri, {}).resolve("churn", Alias("champion")).version == "3"


def test_a_version_without_an_mlmodel_is_a_version() -> None:
    bare = {**_GOOD, "get-artifact": Said({"error_code": "RESOURCE_DOES_NOT_EXIST"}, 404)}
    with answering(endpoints(bare)) as stub:
        pinned = RestRegistry(stub.uri, {}).resolve("churn", Alias("champion"))
    assert (pinned.info.has_mlmodel, pinned.uri) == (False, "s3://bucket/m-1/artifacts")


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again() -> None:
    good = endpoints(_GOOD)
    # Said after the answer and not announced: the client finds out with its next request.
    closing = {"Content-Type": "application/json", "Content-Length": "0"}

    def answer(asked: Asked) -> Said:
        said = good(asked)
        return Said(said.content, said.status, {**closing, "Content-Length": str(len(said.body))})

    with answering(answer) as stub:
        registry = RestRegistry(stub.uri, {})
        for _ in range(3):
            assert registry.resolve("churn", Alias("champion")).version == "3"


def test_a_proxy_is_asked_for_the_whole_address_and_only_it_gets_its_password() -> None:
    with answering(endpoints(_GOOD)) as proxy:
        environ = {"http_proxy": proxy.uri.replace("://", "://user:pass@"), "no_proxy": "internal.example"}
        RestRegistry("http://mlflow.example/x", environ).resolve("churn", Alias("champion"))
    assert all(asked.target.startswith("http://mlflow.example/x/") for asked in proxy.asked)
    assert {asked.headers["Proxy-Authorization"] for asked in proxy.asked} == {"Basic dXNlcjpwYXNz"}


@pytest.mark.parametrize("exempt", ["127.0.0.1", "*", "other, 127.0.0.1", "0.0.1"])
def test_an_exempt_host_is_reached_directly(exempt: str) -> None:
    with answering(endpoints(_GOOD)) as stub:
        environ = {"HTTP_PROXY": "http://proxy.invalid:3128", "NO_PROXY": exempt}
        RestRegistry(stub.uri, environ).resolve("churn", Alias("champion"))
    assert stub.asked


def test_an_alias_that_somebody_else_moves_at_the_same_time_is_a_conflict() -> None:
    model = {"registered_model": {"name": "churn", "aliases": [{"alias": "champion", "version": "9"}]}}
    answers = {"POST /api/2.0/mlflow/registered-models/alias": Said({}), "registered-models/get": Said(model)}
    with answering(endpoints(answers)) as stub, pytest.raises(Conflict) as lost:
        RestRegistry(stub.uri, {}).move_alias("churn", "champion", "4")
    assert lost.value.message == "alias champion of churn was set to version 4 and now points to version 9"


@pytest.mark.parametrize("ref", [Exact(1), Newest()], ids=["version", "newest"])
def test_an_old_server_without_pages_or_lists_ends(ref: Exact | Newest) -> None:
    answers = {
        "model-versions/search": Said({}),
        "registered-models/get": Said({"registered_model": {"name": "churn"}}),
    }
    with (
        answering(endpoints(answers)) as stub,
        pytest.raises(Exception, match=r"churn has no version|no version of"),
    ):
        RestRegistry(stub.uri, {}).resolve("churn", ref)
