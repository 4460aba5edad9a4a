import re
from pathlib import Path

import pytest

from platformctl.adapters.cluster.checking.rights import NAMED, RIGHTS
from platformctl.adapters.cluster.checking.roles import PAGE, page_text, roles, roles_of_knative
from platformctl.domain.cluster import Gateway, Images, Shape

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
SHAPE = Shape("models", Images("a:1", "b:1"), gateway=Gateway("infra", "public"))


def test_every_kind_that_is_rendered_may_be_applied() -> None:
    texts = [path.read_text() for path in sorted((ROOT / "manifests").glob("*.j2"))]
    rendered = {kind for text in texts for kind in re.findall(r"^kind: (\w+)", text, re.MULTILINE)}
    allowed = {r.kind.name for r in RIGHTS if r.scope == NAMED and {"create", "patch"} <= {*r.verbs}}
    assert "InferenceService" in rendered
    assert rendered <= allowed


def test_no_right_is_in_the_table_twice() -> None:
    all_of_them = [(r.full_resource, verb, r.scope, r.place) for r in RIGHTS for verb in r.verbs]
    assert len(all_of_them) == len({*all_of_them})


def test_what_is_on_the_whole_cluster_only_looks() -> None:
    assert {verb for r in RIGHTS if r.scope != NAMED and not r.subresource for verb in r.verbs} <= {
        "get",
        "list",
    }


def test_the_roles_are_those_of_the_page() -> None:
    assert page_text(PAGE.read_text()) == PAGE.read_text(), (
        "python -m platformctl.adapters.cluster.checking.roles"
    )


def test_what_knative_mode_takes_more_is_apart_and_said_once() -> None:
    both = [*roles(SHAPE), *roles_of_knative(SHAPE)]
    assert {role["metadata"]["name"] for role in both} == {"platformctl", "platformctl-knative"}
    ours = [role for role in both if role["metadata"].get("namespace") == "models"]
    groups = {role["metadata"]["name"]: {one["apiGroups"][0] for one in role["rules"]} for role in ours}
    assert "serving.knative.dev" in groups["platformctl-knative"]
    assert not any("knative" in group for group in groups["platformctl"])


def test_a_role_is_for_each_place_that_is_asked() -> None:
    made = {(role["kind"], role["metadata"].get("namespace")): role["rules"] for role in roles(SHAPE)}
    assert list(made) == [("Role", "models"), ("Role", "infra"), ("Role", "kserve"), ("ClusterRole", None)]
    gateways = {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["gateways"], "verbs": ["get"]}
    assert made["Role", "infra"][0] == gateways
    assert {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]} in made["Role", "models"]
