"""A version can be READY while its logged model is deleted or was never finished."""

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import NotFound, Refused
from platformctl.domain.version_ref import Alias, Exact, Newest
from tests.mlflow_server import Server, delete_logged_model, set_status
from tests.registry.scene import Logged
from tests.registry.stub import Asked, Said, answering, endpoints

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def deleted(server: Server, logged: Logged) -> str:
    """`leaving`: version 1 serves; 2 lost its logged model, 3 is a copy of 2, 4 was never finished."""
    server.model("leaving", f"models:/{logged.skops}")
    server.register("leaving", f"models:/{logged.doomed}")
    server.register("leaving", "models:/leaving/2")
    started = server.call("POST", "/logged-models", experiment_id="0", name="unfinished")
    server.register("leaving", f"models:/{started['model']['info']['model_id']}")
    delete_logged_model(server.folder, logged.doomed)
    return logged.doomed


@pytest.mark.usefixtures("deleted")
@pytest.mark.parametrize("version", [2, 3, 4])
def test_mlflow_calls_them_ready(server: Server, version: int) -> None:
    listed = server.call("GET", f"/model-versions/get?name=leaving&version={version}")
    assert listed["model_version"]["status"] == "READY"


@pytest.mark.parametrize("version", [2, 3])
def test_a_deleted_logged_model_is_refused_also_behind_a_copy(
    rest: RestRegistry, deleted: str, version: int
) -> None:
    with pytest.raises(Refused, match=f"v{version} is READY, but its logged model {deleted} is deleted"):
        rest.resolve("leaving", Exact(version))


@pytest.mark.usefixtures("deleted")
def test_an_alias_to_it_is_refused_too(rest: RestRegistry) -> None:
    rest.move_alias("leaving", "champion", "2")
    with pytest.raises(Refused, match="is deleted"):
        rest.resolve("leaving", Alias("champion"))


@pytest.mark.usefixtures("deleted")
def test_an_unfinished_logged_model_is_refused(rest: RestRegistry) -> None:
    with pytest.raises(Refused, match="LOGGED_MODEL_PENDING"):
        rest.resolve("leaving", Exact(4))


@pytest.mark.usefixtures("deleted")
def test_the_newest_passes_over_all_of_them(rest: RestRegistry) -> None:
    assert rest.resolve("leaving", Newest()).version == "1"


@pytest.mark.parametrize("status", ["PENDING_REGISTRATION", "FAILED_REGISTRATION"])
def test_a_version_that_is_not_ready_is_refused_with_what_the_registry_says(
    rest: RestRegistry, server: Server, logged: Logged, status: str
) -> None:
    model = f"waits for {status}"
    server.model(model, f"models:/{logged.skops}")
    set_status(server.folder, model, "1", status)
    with pytest.raises(Refused, match=f"v1 is {status}, not READY: still copying"):
        rest.resolve(model, Exact(1))
    with pytest.raises(NotFound, match=f"can serve: {model} v1 is {status}"):
        rest.resolve(model, Newest())


def test_the_newest_is_looked_for_on_every_page() -> None:
    pending = {"name": "long", "version": "2", "status": "PENDING_REGISTRATION"}
    first = Said({"model_versions": [pending], "next_page_token": "the next"})
    last = Said({"model_versions": [{**pending, "version": "1", "status": "READY"}]})
    rest = endpoints({"get-download-uri": Said({"artifact_uri": "s3://x"}), "get-artifact": Said("{}")})

    def answer(asked: Asked) -> Said:
        if "model-versions/search" not in asked.target:
            return rest(asked)
        return last if "page_token=the+next" in asked.target else first

    with answering(answer) as stub:
        assert RestRegistry(stub.uri, {}).resolve("long", Newest()).version == "1"
