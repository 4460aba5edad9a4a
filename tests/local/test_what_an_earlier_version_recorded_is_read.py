"""`recorded/state-before-formats.json` was written before specs had formats, features, options and GPUs."""

from pathlib import Path

import pytest

from platformctl.adapters.local import derived, served
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.state import SCHEMA_VERSION, State, parse
from platformctl.adapters.local.units import units
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.options import ServerOptions

pytestmark = pytest.mark.quick

RECORDED = Path(__file__).parent / "recorded" / "state-before-formats.json"
NAMES = {"churn-v3-23b479", "churn-v4-b57c0e", "churn-v4-bdc240", "shop-files-84af46"}
HOME = Home(Path("/home/ada/.local/share/platformctl"))

SETTINGS = """\
{
 "schema_version": 1,
 "model_name": "churn",
 "revision": "churn-v4-bdc240",
 "model_dir": "/home/ada/.local/share/platformctl/revisions/churn-v4-bdc240/model",
 "predictor": {
  "kind": "class",
  "class": "shop.serve:Churn",
  "path": "/home/ada/.local/share/platformctl/revisions/churn-v4-bdc240/predictor"
 },
 "transformer": {
  "class": "shop.serve:Churn",
  "path": "/home/ada/.local/share/platformctl/revisions/churn-v4-bdc240/transformer"
 },
 "listen": {
  "unix": "/home/ada/.local/share/platformctl/run/6177e8e8.sock"
 }
}
"""
"""As that version wrote them: the server that reads them may be of that version, in its own environment."""


@pytest.fixture
def state() -> State:
    return parse(RECORDED.read_bytes())


def test_its_revisions_have_the_names_that_they_had(state: State) -> None:
    assert {live.revision.id for live in state.live.values()} == set(state.live) == NAMES
    rollout = state.deployments[Name("churn")].rollout
    assert rollout.stable is not None
    assert rollout.candidate is not None
    assert {r.id for r in rollout.retained} < NAMES
    assert dict(state.deployments[Name("churn")].route.weights) == {
        "churn-v4-b57c0e": 90,
        "churn-v4-bdc240": 10,
    }


def test_what_it_could_not_say_is_the_default(state: State) -> None:
    wanted = state.deployments[Name("churn")].rollout.wanted
    assert wanted is not None
    assert (wanted.spec.serving, wanted.spec.resources.gpu) == (ServerOptions(), 0)
    assert (wanted.spec.model.allow_version_skew, wanted.spec.model.trusted_types) == (False, ())
    assert getattr(wanted.spec.transformer, "placement", None) == "collocated"


def test_its_programs_sockets_and_settings_stay_as_they_are(state: State) -> None:
    programs = {"churn-v3-23b479.0", "churn-v4-b57c0e.0", "churn-v4-bdc240.0", "churn-v4-bdc240.1"}
    assert set(derived.replica_programs(state)) == {*programs, "shop-files-84af46.0"}
    (live,) = (live for live in state.live.values() if live.revision.id == "churn-v4-bdc240")
    second = units(live.revision, live.replicas)[1]
    assert served.settings(HOME, live.revision, second).decode() == SETTINGS
    assert derived.settings_file(HOME, second).name == "serving-1.json"


def test_it_stays_as_it_was_written_until_it_is_changed(state: State) -> None:
    """A platformctl of that version can go on until then, and says that it cannot after it."""
    assert state.schema_version == 1
    assert state.without_live(RevisionId("churn-v3-23b479")).schema_version == SCHEMA_VERSION


def test_what_is_written_again_is_read_again(state: State) -> None:
    assert parse(state.model_dump_json(by_alias=True).encode()) == state
