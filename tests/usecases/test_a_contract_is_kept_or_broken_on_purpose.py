"""A new version is held to what callers of the serving one send and get, before anything is changed."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from platformctl.domain.components import CodeClass, FeatureTransformer, Format, Predictor
from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import Refused, SpecError, Unreachable
from platformctl.domain.features import Features
from platformctl.domain.observed import Severity
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import ModelInfo
from platformctl.domain.rollout import Phase
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import promote, rollback
from platformctl.usecases.diff import diff
from platformctl.usecases.overrides import Overrides
from platformctl.usecases.rehearse import rehearse_deploy
from platformctl.usecases.request import DeployRequest
from tests.fakes import Behaviour, FakeVersion, columns, mlmodel
from tests.fakes.values import revision
from tests.usecases.scene import CHURN, EXAMPLE, Scene

pytestmark = pytest.mark.quick

SERVING = {"inputs": columns(age="integer", plan="string"), "outputs": columns(churns="long")}
WIDER = {"inputs": columns(age="long", plan="string", city="string?"), "outputs": columns(churns="long")}
BROKEN = {"inputs": columns(age="string"), "outputs": columns(churns="double")}
FLAGS = "--allow-breaking inputs.age --allow-breaking inputs.plan --allow-breaking outputs.churns"

GONE = "it is no longer an input: what callers send there is left out without a word"

Parts = Mapping[str, list[dict[str, object]]]


def signed(parts: Parts) -> FakeVersion:
    info = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True)
    return FakeVersion(files={"MLmodel": mlmodel(**parts)}, info=info)


def unsigned(*rows: object) -> FakeVersion:
    """A version without a signature, with those rows as its example if there are any."""
    example = json.dumps({"instances": rows}).encode()
    info = ModelInfo(flavor="sklearn", has_mlmodel=True, example=EXAMPLE if rows else None)
    return FakeVersion(files={"MLmodel": b"flavors: {sklearn: {}}", EXAMPLE: example}, info=info)


@pytest.fixture
def scene() -> Scene:
    """Version 1 serves; 2 takes more than that, 3 breaks its callers."""
    scene = Scene()
    scene.registry.register("churn", signed(SERVING), signed(WIDER), signed(BROKEN))
    scene.deploy(version=Exact(1))
    scene.reporter.events.clear()
    return scene


def begun(scene: Scene, new: FakeVersion, serving: FakeVersion | None = None) -> list[str]:
    """Deploy a version where another serves; what was said of callers."""
    scene = Scene(registry=scene.registry)
    scene.registry.models["churn"] = {}
    scene.registry.register("churn", serving or signed(SERVING), new)
    scene.deploy(version=Exact(1), overrides=Overrides(signature="optional"))
    scene.deploy(version=Exact(2), overrides=Overrides(signature="optional"))
    return [line for line in scene.reporter.said if "callers" in line or line.startswith("inputs")]


AUTO = ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(rollout=RolloutPolicy()))


@pytest.mark.parametrize(
    "how",
    [
        DeployRequest(CHURN),
        DeployRequest(CHURN, canary=10),
        DeployRequest(CHURN, auto=True),
        DeployRequest(CHURN, spec=AUTO),
    ],
    ids=["at once", "a canary", "by itself", "by itself as the spec says"],
)
def test_a_version_that_breaks_callers_is_refused_before_anything_is_changed(
    scene: Scene, how: DeployRequest
) -> None:
    before = scene.world.recorded[CHURN]
    with pytest.raises(Refused) as refused:
        scene.deploy(replace(how, version=Exact(3)))
    assert refused.value.exit_code == 1
    assert refused.value.message.splitlines() == [
        "callers of what serves would be broken; nothing was changed",
        "  inputs.age: it was integer and is string now, which does not take all of that",
        f"  inputs.plan: {GONE}; rows that are lists are refused",
        "  outputs.churns: long was answered, and double is now",
    ]
    assert refused.value.hint == f"deploy it under another name; or, where no caller minds: {FLAGS}"
    assert scene.world.recorded[CHURN] == before
    assert scene.live == ["v1"]


def test_what_a_person_lets_through_is_in_the_history(scene: Scene) -> None:
    fields = ("inputs.age", "inputs.plan", "outputs.churns")
    scene.deploy(version=Exact(3), canary=10, allow_breaking=fields)
    assert scene.shares == {"v1": 90, "v3": 10}
    (record,) = [one for one in scene.seen().rollout.history if one.event == "deploy"][1:]
    assert record.detail == "to 10 %; breaking changes allowed: inputs.age, inputs.plan, outputs.churns"
    assert "outputs.churns: long was answered, and double is now (allowed)" in scene.reporter.said


def test_what_is_not_let_through_is_refused_alone(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        scene.deploy(version=Exact(3), allow_breaking=("inputs.age", "inputs.plan"))
    assert "inputs.age" not in refused.value.message
    assert (refused.value.hint or "").endswith(": --allow-breaking outputs.churns")


def test_a_name_with_a_blank_is_quoted_in_the_way_out(scene: Scene) -> None:
    more = columns(age="integer", plan="string", **{"the city": "string"})
    scene.registry.register("churn", signed({**SERVING, "inputs": more}))
    with pytest.raises(Refused) as refused:
        scene.deploy(version=Exact(4))
    assert (refused.value.hint or "").endswith("--allow-breaking 'inputs.the city'")


def test_what_takes_more_is_said_and_goes_on(scene: Scene) -> None:
    scene.deploy(version=Exact(2), allow_breaking=("inputs.age",))
    assert scene.shares == {"v2": 100}
    assert [line for line in scene.reporter.said if line.startswith("inputs.")] == [
        "inputs.age: it was integer and is long now, which takes all of that",
        "inputs.city: it may be sent now (string)",
    ]
    assert scene.seen().rollout.history[-2].detail == "to 100 %"


def test_a_field_that_neither_version_has_is_refused(scene: Scene) -> None:
    with pytest.raises(SpecError) as refused:
        scene.deploy(version=Exact(3), allow_breaking=("inputs.agee",))
    assert (refused.value.field, refused.value.hint) == ("--allow-breaking", "did you mean inputs.age?")
    assert scene.live == ["v1"]


def test_a_rehearsal_shows_what_would_be_refused_and_what_lets_it_through(scene: Scene) -> None:
    _, seen = rehearse_deploy(scene.client(), DeployRequest(CHURN, version=Exact(3)), check=False)
    errors = {found.field: found.hint for found in seen.findings if found.severity is Severity.ERROR}
    assert errors == {
        field: f"--allow-breaking {field} lets it through"
        for field in ("inputs.age", "inputs.plan", "outputs.churns")
    }
    allowed = DeployRequest(CHURN, version=Exact(3), allow_breaking=tuple(errors))
    _, seen = rehearse_deploy(scene.client(), allowed, check=False)
    assert {found.severity for found in seen.findings} == {Severity.WARNING}


def test_a_canary_that_was_let_in_gets_more_without_being_asked_again(scene: Scene) -> None:
    scene.deploy(version=Exact(3), canary=10, allow_breaking=("inputs.age", "inputs.plan", "outputs.churns"))
    scene.deploy(version=Exact(3), canary=50)
    assert scene.shares == {"v1": 50, "v3": 50}
    promote(scene.client(), CHURN, None)
    assert scene.shares == {"v3": 100}


def test_what_comes_after_a_canary_is_compared_with_what_serves(scene: Scene) -> None:
    scene.deploy(version=Exact(3), canary=10, allow_breaking=("inputs.age", "inputs.plan", "outputs.churns"))
    scene.deploy(version=Exact(2), canary=10)
    assert scene.shares == {"v1": 90, "v2": 10}


def test_going_back_asks_nobody(scene: Scene) -> None:
    scene.deploy(version=Exact(2))
    rollback(scene.client(), CHURN, None)
    assert scene.shares == {"v1": 100}


def test_what_is_tried_again_is_compared_again(scene: Scene) -> None:
    scene.deploy(version=Exact(3), allow_breaking=("inputs.age", "inputs.plan", "outputs.churns"))
    rollback(scene.client(), CHURN, None)
    with pytest.raises(Refused, match="callers of what serves would be broken"):
        scene.deploy(version=Exact(3), retry=True)


def test_a_difference_can_be_looked_at(scene: Scene) -> None:
    assert diff(scene.client(), DeployRequest(CHURN, version=Exact(3)))


def test_a_first_version_has_no_callers_yet() -> None:
    scene = Scene()
    scene.registry.register("churn", signed(BROKEN))
    scene.deploy(allow_breaking=("inputs.age",))
    assert scene.shares == {"v1": 100}


def test_what_goes_on_after_an_interruption_was_let_in_before(scene: Scene) -> None:
    slow = revision(3).model_copy(update={"model": scene.registry.resolve("churn", Exact(3))})
    scene.behave(slow.id, Behaviour(ready_after=1000))
    with pytest.raises(Exception, match="still getting ready"):
        scene.deploy(version=Exact(3), allow_breaking=("inputs.age", "inputs.plan", "outputs.churns"))
    assert scene.seen().rollout.phase is Phase.PREPARING
    scene.behave(slow.id, Behaviour())
    scene.deploy()
    assert scene.shares == {"v3": 100}


def test_the_same_model_with_more_memory_needs_no_registry(scene: Scene) -> None:
    scene.registry.is_down = True
    spec = ModelDeployment.model_validate(
        {"metadata": {"name": CHURN}, "spec": {"resources": {"memory": "3Gi"}}}
    )
    assert scene.deploy(spec=spec).changed
    assert scene.seen().rollout.previous
    assert not scene.reporter.said[0].startswith(NOT)


def test_a_transformer_changes_what_callers_see(scene: Scene) -> None:
    renames = FeatureTransformer(features=Features(rename={"AGE": "age"}))
    spec = ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(transformer=renames))
    with pytest.raises(Refused, match=r"(?s)inputs\.age: .*inputs\.AGE: "):
        scene.deploy(spec=spec)
    scene.registry.is_down = True
    with pytest.raises(Unreachable):
        scene.deploy(spec=spec)


@pytest.mark.parametrize(
    ("rows", "fields"),
    [
        ([{"age": 30, "plan": "basic"}], []),
        ([{"age": 30.5, "plan": "basic"}], ["inputs.age"]),
        ([{"age": 30}], ["inputs.plan"]),
        ([[30, "basic"]], []),
    ],
)
def test_a_serving_version_without_signature_is_compared_by_its_example(
    scene: Scene, rows: list[object], fields: list[str]
) -> None:
    if fields:
        with pytest.raises(Refused) as refused:
            begun(scene, signed(SERVING), serving=unsigned(*rows))
        assert [line.split(":")[0].strip() for line in refused.value.message.splitlines()[1:]] == fields
    else:
        said = begun(scene, signed(SERVING), serving=unsigned(*rows))
        assert said == ["what callers get was not compared: churn v1 does not say it"]


def test_a_new_version_without_signature_is_compared_by_its_example(scene: Scene) -> None:
    assert begun(scene, unsigned({"age": 1, "plan": "flex"})) == [
        "what callers get was not compared: churn v2 does not say it"
    ]
    with pytest.raises(Refused, match=r"inputs\.age: it was integer and is text in the example"):
        begun(scene, unsigned({"age": "old", "plan": "flex"}))


NOT = "what callers send and get was not compared: "


def test_where_nothing_can_be_compared_it_is_said_and_goes_on(scene: Scene) -> None:
    assert begun(scene, unsigned()) == [f"{NOT}churn v2 has neither a signature nor an input example"]
    assert begun(scene, unsigned({"a": 1}), serving=unsigned({"b": 1})) == [
        f"{NOT}neither churn v1 nor churn v2 has a signature that can be read"
    ]
    unreadable = signed({"inputs": [{"name": "age"}]})
    assert begun(scene, unreadable) == [f"{NOT}the signature of churn v2 cannot be read: KeyError: 'type'"]


@pytest.mark.parametrize(
    ("part", "component"),
    [
        ("predictor", CodeClass.model_validate({"class": "mine:Model"})),
        ("transformer", CodeClass.model_validate({"class": "mine:Before"})),
    ],
)
def test_before_code_of_ones_own_nothing_is_compared(scene: Scene, part: str, component: CodeClass) -> None:
    spec = Spec.model_validate({part: component.model_dump(by_alias=True)})
    scene.deploy(version=Exact(3), spec=ModelDeployment(metadata=Metadata(name=CHURN), spec=spec))
    assert scene.shares == {"v3": 100}
    (said,) = [line for line in scene.reporter.said if line.startswith(NOT)]
    assert f"is up to its {part}, the class mine:" in said


def test_what_the_spec_answers_is_compared_where_both_say_it(scene: Scene) -> None:
    def answering(output: str) -> ModelDeployment:
        predictor: Predictor = Format.model_validate({"output": output})
        return ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(predictor=predictor))

    scene.deploy(spec=answering("label"))
    assert any("spec.predictor.output says what is answered" in line for line in scene.reporter.said)
    with pytest.raises(Refused, match=r"outputs: label was answered"):
        scene.deploy(spec=answering("probability"))
    scene.deploy(spec=answering("both"))


def test_a_version_whose_files_are_gone_cannot_be_compared(scene: Scene) -> None:
    scene.registry.models["churn"]["1"] = FakeVersion(files={})
    scene.deploy(version=Exact(3))
    assert f"{NOT}churn v1 has neither a signature nor an input example" in scene.reporter.said


def test_a_folder_is_compared_with_what_it_held_when_it_was_deployed() -> None:
    """Its files are others by now: only what was recorded then knows."""
    scene = Scene()
    source = ModelSource(path="/models/churn")
    spec = ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(model=source))
    scene.registry.folders["/models/churn"] = {"MLmodel": mlmodel(**SERVING)}
    scene.deploy(spec=spec)
    scene.registry.folders["/models/churn"] = {"MLmodel": mlmodel(**BROKEN)}
    with pytest.raises(Refused, match=r"inputs\.age: it was integer and is string now"):
        scene.deploy(spec=spec)
