import pytest
import yaml
from hypothesis import given, settings

from platformctl.adapters.spec_files import dump, parse
from platformctl.domain.components import TransformerClass
from platformctl.domain.deployment import (
    Metadata,
    ModelDeployment,
    ModelSource,
    Spec,
)
from platformctl.domain.scaling import Scaling
from tests.spec.strategies import DEPLOYMENTS

pytestmark = pytest.mark.quick


@settings(max_examples=400, deadline=None)
@given(DEPLOYMENTS)
def test_any_deployment_is_read_back_equal_and_dumped_to_the_same_bytes(deployment: ModelDeployment) -> None:
    text = dump(deployment)
    again = parse(text)
    assert again == deployment
    assert dump(again) == text


@settings(max_examples=200, deadline=None)
@given(DEPLOYMENTS)
def test_other_yaml_readers_see_the_same(deployment: ModelDeployment) -> None:
    seen = yaml.safe_load(dump(deployment))
    assert ModelDeployment.model_validate(seen, by_alias=True, by_name=False) == deployment


def test_only_what_was_chosen_is_written_in_the_order_of_the_schema() -> None:
    deployment = ModelDeployment(
        metadata=Metadata(name="churn"),
        spec=Spec(
            canary=10,
            scaling=Scaling(min=2),
            model=ModelSource(name="NO"),
            transformer=TransformerClass(class_="features.churn:Prepare", path="src"),
        ),
    )
    assert dump(deployment) == (
        "apiVersion: platformctl.io/v1alpha1\n"
        "kind: ModelDeployment\n"
        "metadata:\n"
        "  name: churn\n"
        "spec:\n"
        "  model:\n"
        "    name: 'NO'\n"
        "  transformer:\n"
        "    class: features.churn:Prepare\n"
        "    path: src\n"
        "  scaling:\n"
        "    min: 2\n"
        "  canary: 10\n"
    )


def test_the_order_and_style_of_the_source_do_not_matter() -> None:
    one = parse('{"spec": {"canary": 10, "model": {"version": 3}}, "metadata": {"name": "churn"}}')
    other = parse("metadata: {name: 'churn'}\nspec:\n  model:\n    version: 3\n  canary: 10\n  keep: 1\n")
    assert dump(one) == dump(other)


def test_all_defaults_leave_a_name() -> None:
    assert dump(parse("metadata: {name: churn}")) == (
        "apiVersion: platformctl.io/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: churn\n"
    )
