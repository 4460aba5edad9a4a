"""`kubectl edit` of an InferenceService in the middle of a rollout, on a real cluster."""

import json

import pytest

from platformctl.domain.errors import Conflict
from platformctl.domain.names import RevisionId
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from tests.cluster import kubectl
from tests.cluster_load.shop import CHURN, Shop, eventually

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

_ENOUGH = 300


def _edit(shop: Shop, predictor: object) -> None:
    """Change the predictor, as somebody with kubectl does."""
    patch = json.dumps({"spec": {"predictor": predictor}})
    there = ("-n", shop.namespace)
    kubectl.run(shop.kubeconfig, "patch", "inferenceservice", CHURN, *there, "--type=merge", "-p", patch)


def _who_answers(shop: Shop) -> set[str | None]:
    with shop.load("hi", connections=2, limit=_ENOUGH) as load:
        tally = load.wait()
    assert tally.lost == []
    return {who for _, who in tally.answers}


def _served(shop: Shop) -> dict[RevisionId, int]:
    served = shop.seen.served
    return dict(served.weights) if served else {}


def test_a_canary_that_somebody_has_promoted_goes_back(shop: Shop) -> None:
    shop.deploy(shop.spec(), 1)
    shop.deploy(shop.spec(), 2, canary=10)
    first, second = shop.stable, shop.canary
    _edit(shop, {"canaryTrafficPercent": 100})
    eventually(lambda: _served(shop) == {second: 100}, "the canary has everything")
    [finding] = shop.seen.findings
    assert "kubectl-patch has set the percentage to 100" in finding.message
    with pytest.raises(Conflict) as conflict:
        rollback(shop.world(), CHURN)
    assert conflict.value.owner == "kubectl-patch"
    assert _served(shop) == {second: 100}, "nothing is fought over"
    rollback(shop.world(takes_over=True), CHURN)
    assert _served(shop) == {first: 100}
    assert _who_answers(shop) == {first}
    assert shop.seen.findings == ()


def test_a_share_that_somebody_has_set_is_put_back(shop: Shop) -> None:
    shop.deploy(shop.spec(), 1)
    shop.deploy(shop.spec(), 2, canary=10)
    first, second = shop.stable, shop.canary
    _edit(shop, {"canaryTrafficPercent": None})
    eventually(lambda: _served(shop) == {second: 100}, "without a percentage it has everything")
    prune(shop.world(takes_over=True), CHURN, None)
    assert _served(shop) == {first: 90, second: 10}


def test_a_template_that_somebody_has_edited_is_told_and_replaced_only_if_that_is_wanted(shop: Shop) -> None:
    shop.deploy(shop.spec(), 1)
    _edit(shop, {"timeout": 30})
    [finding] = shop.seen.findings
    assert "edited by kubectl-patch" in finding.message
    with pytest.raises(Conflict):
        shop.deploy(shop.spec(), 2)
    model = shop.spec()
    request = DeployRequest(CHURN, spec=model, version=Exact(2))
    deploy(shop.world(takes_over=True), request)
    assert shop.seen.findings == ()
    assert _who_answers(shop) == {shop.stable}
