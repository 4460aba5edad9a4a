import pytest

from tests.cluster_traffic.shop import PATH, V1, V2, V3, Shop
from tests.load import Load

pytestmark = pytest.mark.full


def test_a_revision_that_is_asked_by_name_gets_nobody_elses_requests(shop: Shop) -> None:
    for revision in (V1, V2, V3):
        shop.start(revision)
    shop.serve(V2, v2=100)
    host, port = shop.address()
    with Load(port, PATH, b"200", connections=8, headers={"host": shop.host}, host=host) as load:
        for _ in range(5):
            for live in ((V1, V2), (V1, V2, V3), (V2, V3), (V2,)):
                shop.serve(*live, v2=100)
                assert {shop.ask(revision).revision for revision in live} == set(live)
    assert load.tally.lost == []
    assert load.tally.of(V2) == load.tally.answered
