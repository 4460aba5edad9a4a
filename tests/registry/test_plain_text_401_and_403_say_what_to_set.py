"""What MLflow's basic authentication answers is no JSON, and each of its reasons has its own way out."""

from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.version_ref import Newest
from tests.mlflow_server import ADMIN, Server

pytestmark = pytest.mark.quick

_USER, _PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"
_AS_ADMIN = {_USER: ADMIN[0], _PASSWORD: ADMIN[1]}
_AS_NOBODY = {_USER: "nobody", _PASSWORD: "a-password-of-nobody"}


def _asked(uri: str, environ: dict[str, str]) -> PlatformctlError:
    """What becomes of a question that only `ADMIN` may ask: `churn` has no version, so it is an error."""
    with pytest.raises(PlatformctlError) as answer:
        RestRegistry(uri, environ).resolve("churn", Newest())
    return answer.value


def _is_let_in(answer: PlatformctlError) -> bool:
    return "no version of churn" in str(answer)


def test_without_credentials_it_names_the_variables(guarded: Server) -> None:
    answer = _asked(guarded.uri, {})
    assert isinstance(answer, Unreachable)
    assert "wants to know who we are (401)" in answer.message
    assert all(variable in str(answer.hint) for variable in (_USER, _PASSWORD, "MLFLOW_TRACKING_TOKEN"))


def test_a_wrong_password_is_another_matter(guarded: Server) -> None:
    answer = _asked(guarded.uri, {**_AS_ADMIN, _PASSWORD: "not this one"})
    assert isinstance(answer, Unreachable)
    assert (answer.field, "401" in answer.message) == (f"{_USER} and {_PASSWORD}", True)


def test_a_user_without_permission_is_told_to_ask_for_it(guarded: Server) -> None:
    with pytest.raises(Unreachable) as answer:
        RestRegistry(guarded.uri, _AS_NOBODY).move_alias("churn", "champion", "1")
    assert answer.value.message.endswith("(403): Permission denied")
    assert "ask its administrator" in str(answer.value.hint)


def test_user_and_password_let_in(guarded: Server) -> None:
    assert _is_let_in(_asked(guarded.uri, _AS_ADMIN))


def test_credentials_in_the_uri_let_in_and_are_in_no_message(guarded: Server) -> None:
    with_credentials = guarded.uri.replace("://", f"://{ADMIN[0]}:{ADMIN[1]}@")
    assert _is_let_in(_asked(with_credentials, {}))
    refused = _asked(with_credentials.replace(ADMIN[1], "hunter2"), {})
    assert isinstance(refused, Unreachable)
    assert refused.field == "the URI"
    assert "hunter2" not in f"{refused} {refused.hint}"


def test_the_credentials_file_lets_in_and_the_environment_goes_before_it(
    guarded: Server, tmp_path: Path
) -> None:
    kept = tmp_path / ".mlflow" / "credentials"
    kept.parent.mkdir()
    kept.write_text(
        f"[mlflow]\nmlflow_tracking_username = {ADMIN[0]}\nmlflow_tracking_password = {ADMIN[1]}\n"
    )
    home = {"HOME": str(tmp_path)}
    assert _is_let_in(_asked(guarded.uri, home))
    assert "401" in str(_asked(guarded.uri, {**home, _PASSWORD: "not this one"}))


def test_user_and_password_go_before_a_token_as_in_mlflow(guarded: Server) -> None:
    assert _is_let_in(_asked(guarded.uri, {**_AS_ADMIN, "MLFLOW_TRACKING_TOKEN": "expired"}))
    # A token alone is not what basic authentication expects: MLflow's own app answers it with a 500.
    assert isinstance(_asked(guarded.uri, {"MLFLOW_TRACKING_TOKEN": "expired"}), Unreachable)


@pytest.mark.usefixtures("rest")
def test_a_wrong_host_header_is_a_403_of_its_own(server: Server) -> None:
    # A proxy is asked for the host by name and passes it on; here MLflow itself is the proxy.
    registry = RestRegistry("http://mlflow.example", {"http_proxy": server.uri})
    with pytest.raises(Unreachable, match="refuses the host name") as answer:
        registry.resolve("churn", Newest())
    assert "--allowed-hosts mlflow.example" in str(answer.value.hint)
