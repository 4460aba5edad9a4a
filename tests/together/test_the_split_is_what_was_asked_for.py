import math

import pytest

from tests.load import Load
from tests.together.product import BODY, Product

pytestmark = pytest.mark.full

REQUESTS = 10_000
SHARE = 0.10


def test_ten_percent_of_10000_requests_are_within_five_standard_deviations(product: Product) -> None:
    product.deploy(1)
    product.deploy(2, canary=10)
    with Load(product.local.port, product.path, BODY, connections=16, limit=REQUESTS) as load:
        tally = load.wait()
    assert tally.lost == []
    assert tally.answered == REQUESTS
    deviation = math.sqrt(REQUESTS * SHARE * (1 - SHARE))
    assert abs(tally.of(product.revision(2)) - REQUESTS * SHARE) < 5 * deviation
    assert tally.of(product.revision(1)) + tally.of(product.revision(2)) == REQUESTS
