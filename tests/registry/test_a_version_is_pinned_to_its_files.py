"""What resolving says of real versions, by REST."""

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.revision import ModelInfo
from platformctl.domain.version_ref import Alias, Exact, Newest
from tests.mlflow_server import Server
from tests.registry.scene import KINDS, SPOKEN, Logged

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(("version", "kind"), list(enumerate(KINDS[:-1], 1)))
def test_the_uri_is_that_of_the_files_and_never_the_source(
    rest: RestRegistry, logged: Logged, server: Server, version: int, kind: str
) -> None:
    model_id = getattr(logged, kind)
    listed = server.call("GET", f"/model-versions/get?name=churn&version={version}")["model_version"]
    assert listed["source"] == f"models:/{model_id}"
    pinned = rest.resolve("churn", Exact(version))
    assert (pinned.version, pinned.model_id) == (str(version), model_id)
    assert pinned.uri == f"mlflow-artifacts:/0/models/{model_id}/artifacts"


def test_skops_says_what_it_is(rest: RestRegistry) -> None:
    info = rest.resolve("churn", Alias("champion")).info
    assert info.model_copy(update={"size_bytes": 0, "python_version": ""}) == ModelInfo(
        flavor="sklearn",
        has_mlmodel=True,
        has_signature=True,
        example="serving_input_example.json",
        python_version="",
        size_bytes=0,
    )
    assert info.size_bytes
    assert info.python_version
    assert info.python_version.startswith("3.")


def test_skops_is_read_as_skops(rest: RestRegistry) -> None:
    assert rest.read(rest.resolve("churn", Exact(1)), "model.skops")[:2] == b"PK"
    assert rest.read(rest.resolve("churn", Exact(3)), "model.pkl")[:1] == b"\x80"


def test_a_model_may_have_neither_signature_nor_example(rest: RestRegistry) -> None:
    info = rest.resolve("churn", Exact(KINDS.index("bare") + 1)).info
    assert (info.flavor, info.has_signature, info.example) == ("sklearn", False, None)


def test_a_model_of_no_library_is_a_python_function(rest: RestRegistry) -> None:
    assert rest.resolve("churn", Exact(KINDS.index("pyfunc") + 1)).info.flavor == "python_function"


@pytest.mark.parametrize("ref", [Exact(1), Newest(), Alias("live-1_A")], ids=["version", "newest", "alias"])
def test_a_name_may_hold_spaces_dots_quotes_and_any_script(
    rest: RestRegistry, logged: Logged, ref: Exact | Newest | Alias
) -> None:
    rest.move_alias(SPOKEN, "live-1_A", "1")
    pinned = rest.resolve(SPOKEN, ref)
    assert (pinned.model, pinned.version, pinned.model_id) == (SPOKEN, "1", logged.skops)


def test_a_copy_is_the_model_it_was_copied_from(rest: RestRegistry, server: Server, logged: Logged) -> None:
    server.model("copied", "models:/churn/2")
    pinned = rest.resolve("copied", Newest())
    assert (pinned.version, pinned.model_id) == ("1", logged.pickle)
    assert pinned.uri == f"mlflow-artifacts:/0/models/{logged.pickle}/artifacts"


def test_the_store_says_int_and_rest_says_text_and_both_are_pinned_alike(
    rest: RestRegistry, server: Server
) -> None:
    listed = server.call("GET", "/model-versions/get?name=churn&version=1")["model_version"]
    assert listed["version"] == "1"
    assert rest.resolve("churn", Exact(1)).version == "1"


def test_a_newer_one_becomes_the_newest_without_a_restart(
    rest: RestRegistry, server: Server, logged: Logged
) -> None:
    server.model("growing", f"models:/{logged.skops}")
    assert rest.resolve("growing", Newest()).version == "1"
    server.register("growing", f"models:/{logged.cloudpickle}")
    assert rest.resolve("growing", Newest()).version == "2"
