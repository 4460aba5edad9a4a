import json
from pathlib import Path

import pytest
import yaml

from platformctl.adapters.cluster.state import recorded as state
from platformctl.domain.manifests import HOLDS, REVISION, ROLLOUT
from platformctl.domain.rollout import Rollout
from tests.render.cases import ANEW, CASES, GOLDEN, KNATIVE, STANDARD, text

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("name", CASES)
def test_the_objects_of_a_spec(name: str, tmp_path: Path) -> None:
    committed = (GOLDEN / f"{name}.yaml").read_text(encoding="utf-8")
    assert text(name, tmp_path) == committed, f"read the difference, then: {ANEW}"


def test_nothing_else_is_committed() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES), ANEW


@pytest.mark.parametrize("name", STANDARD)
def test_the_rollout_is_read_back_and_agrees_with_the_weights(name: str) -> None:
    *_, route = yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
    rollout = Rollout.model_validate_json(route["metadata"]["annotations"][ROLLOUT])
    weights = {
        backend["name"]: backend["weight"]
        for rule in route["spec"]["rules"]
        for backend in rule.get("backendRefs", ())
        if "headers" not in rule["matches"][0]
    }
    assert {service.rpartition("-")[0]: weight for service, weight in weights.items()} == dict(
        rollout.route.weights
    )
    assert state.read(route).rollout == rollout
    assert json.loads(route["metadata"]["annotations"][ROLLOUT])["schemaVersion"] == 1


@pytest.mark.parametrize("name", KNATIVE)
def test_in_knative_mode_the_record_agrees_with_template_and_percentage(name: str) -> None:
    record, *needed, service = yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
    assert (record["metadata"]["name"], record["metadata"]["labels"][HOLDS]) == ("churn-rollout", "rollout")
    rollout = state.read(record).rollout
    predictor = service["spec"]["predictor"]
    percent = predictor["canaryTrafficPercent"]
    template = predictor["labels"][REVISION]
    others = set(rollout.route.weights) - {template}
    expected = {template: percent, **dict.fromkeys(others, 100 - percent)}
    assert dict(rollout.route.weights) == expected
    assert {each["metadata"]["labels"][REVISION] for each in needed} == set(expected)
    assert REVISION not in service["metadata"]["labels"], "all of its metadata is in the pods: it has to stay"
