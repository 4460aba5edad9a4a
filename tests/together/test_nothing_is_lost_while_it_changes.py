import pytest

from platformctl.domain.errors import NotReady
from tests.load import Load
from tests.together.product import BODY, Product

pytestmark = [pytest.mark.full, pytest.mark.timeout(420)]


def test_canary_promote_rollback_and_prune_lose_none_of_20000_requests(product: Product) -> None:
    product.deploy(1)
    with Load(product.local.port, product.path, BODY, connections=16, seconds=360) as load:
        load.until(1_000)
        product.deploy(2, canary=10)
        load.until(4_000)
        product.promote()
        load.until(7_000)
        product.rollback()
        load.until(10_000)
        product.deploy(3, canary=50)
        product.promote()
        load.until(13_000)
        product.prune(0)
        product.deploy(4)
        load.until(16_000)
        product.deploy(4, replicas=2)
        product.deploy(4, replicas=1)
        load.until(20_000)
    assert load.tally.lost == []
    assert {status for status, _ in load.tally.answers} == {200}
    assert all(load.tally.of(product.revision(number)) for number in (1, 2, 3, 4))
    assert load.tally.answered >= 20_000


def test_a_canary_that_never_gets_ready_costs_the_others_nothing(product: Product) -> None:
    product.deploy(1)
    broken = product.local.broken(product.name)
    with Load(product.local.port, product.path, BODY, connections=16, seconds=120) as load:
        load.until(500)
        with pytest.raises(NotReady, match=f"{broken.id} failed: ") as caught:
            product.deploy_spec(product.spec(broken.model.uri))
        load.until(load.tally.answered + 500)
    assert caught.value.log, "the last lines that it wrote"
    assert load.tally.lost == []
    assert set(product.seen.revisions) == {product.revision(1)}
