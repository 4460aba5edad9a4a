"""MLflow answers 400 for an alias that is not there; a person asked for a name that is not there."""

import urllib.error
import urllib.request

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.version_ref import Alias, Exact, Newest
from tests.mlflow_server import Server

pytestmark = pytest.mark.quick


def test_mlflow_answers_400(server: Server, rest: RestRegistry) -> None:  # noqa: ARG001 - fills the server
    uri = f"{server.uri}/api/2.0/mlflow/registered-models/alias?name=churn&alias=chalenger"
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(uri, timeout=10)  # noqa: S310 - the URI is ours
    with answer.value as said:
        assert (said.code, b"INVALID_PARAMETER_VALUE" in said.read()) == (400, True)


def test_it_is_not_found_and_the_hint_names_those_that_are_there(rest: RestRegistry) -> None:
    with pytest.raises(NotFound) as missing:
        rest.resolve("churn", Alias("chalenger"))
    assert (missing.value.field, missing.value.message) == (
        "spec.model.alias",
        "churn has no alias 'chalenger'",
    )
    assert "champion" in str(missing.value.hint)


def test_a_missing_model_is_found_by_its_near_names(rest: RestRegistry) -> None:
    with pytest.raises(NotFound) as missing:
        rest.resolve("chrun", Newest())
    assert (missing.value.field, missing.value.hint) == ("spec.model.name", "did you mean churn")


def test_a_missing_version_is_told_with_the_newest_ones(rest: RestRegistry) -> None:
    with pytest.raises(NotFound) as missing:
        rest.resolve("churn", Exact(99))
    assert (missing.value.field, missing.value.hint) == (
        "spec.model.version",
        "the newest are 6, 5, 4, 3, 2, 1",
    )


def test_a_model_without_a_version_is_not_one_that_is_missing(rest: RestRegistry, server: Server) -> None:
    server.model("empty")
    with pytest.raises(NotFound, match="no version of empty is there yet"):
        rest.resolve("empty", Newest())


@pytest.mark.parametrize("alias", ["latest", "v7", "a.b"])
def test_an_alias_that_mlflow_reserves_is_refused_in_its_words(rest: RestRegistry, alias: str) -> None:
    with pytest.raises(SpecError, match=r"alias name"):
        rest.move_alias("churn", alias, "1")
