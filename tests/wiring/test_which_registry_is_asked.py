from pathlib import Path

import pytest

from platformctl import wiring
from platformctl.adapters import config
from platformctl.domain.errors import PlatformctlError, SpecError, Unreachable
from platformctl.domain.progress import Warned
from platformctl.domain.settings import Flags
from platformctl.domain.version_ref import Exact
from tests.fakes import RecordingReporter

pytestmark = pytest.mark.quick

NOBODY = "http://127.0.0.1:1"


def ask(home: Path, registry: str | None) -> tuple[PlatformctlError, RecordingReporter]:
    """What comes of asking for a version, where nobody answers."""
    settings = config.settings(Flags(home=home, registry=registry), environ={"HOME": str(home)}, cwd=home)
    reporter = RecordingReporter()
    with pytest.raises(PlatformctlError) as caught:
        wiring.registry(settings, reporter).resolve("churn", Exact(1))
    return caught.value, reporter


def test_a_server_is_asked_directly(tmp_path: Path) -> None:
    error, reporter = ask(tmp_path, NOBODY)
    assert isinstance(error, Unreachable)
    assert str(error) == f"the registry {NOBODY} cannot be reached: nothing listens there"
    assert reporter.events == []


@pytest.mark.filterwarnings("ignore:Could not find any registered plugin:UserWarning")  # mlflow's, and true
def test_a_way_of_signing_in_that_only_mlflow_has_is_left_to_mlflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_AUTH", "a-plugin-that-is-not-there")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    _, reporter = ask(tmp_path, NOBODY)
    warned = [event.text for event in reporter.events if isinstance(event, Warned)]
    why = "wants a way of signing in that only mlflow has"
    assert warned == [f"the registry {NOBODY} {why}: each command loads mlflow, which takes seconds"]


def test_a_database_without_a_server_is_said_to_be_slow_unless_it_is_not_there(tmp_path: Path) -> None:
    error, reporter = ask(tmp_path, f"sqlite:///{tmp_path}/nothing.db")
    assert isinstance(error, Unreachable)
    assert "nothing.db does not exist" in str(error)
    assert reporter.events == []


def test_without_any_it_says_how_to_get_one(tmp_path: Path) -> None:
    error, _ = ask(tmp_path, None)
    assert isinstance(error, Unreachable)
    assert str(error) == "there is no registry: none was chosen, and the local stack has none"
    assert "platformctl up" in (error.hint or "")


def test_for_a_cluster_it_has_to_be_chosen(tmp_path: Path) -> None:
    settings = config.settings(Flags(home=tmp_path, target="cluster"), environ={}, cwd=tmp_path)
    with pytest.raises(SpecError) as caught:
        wiring.registry(settings, RecordingReporter()).resolve("churn", Exact(1))
    assert str(caught.value) == "--registry: there is no registry: for a cluster one has to be chosen"
    assert "in the context" in str(caught.value.hint)
