"""A router that serves, and cannot be asked: what is known of a rollout is recorded; its weights stay."""

import pytest

from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name
from tests.fakes.values import steady
from tests.local.world import LocalWorld, until

pytestmark = pytest.mark.quick


def test_the_same_weights_are_committed_and_others_are_not(shared: LocalWorld, name: Name) -> None:
    one, two = shared.revision(name, 1), shared.revision(name, 2)
    shared.prepared(one, two)
    shared.serve(one)
    socket = shared.home.envoy_admin
    socket.rename(socket.with_name("elsewhere"))
    try:
        known = steady(one, two)
        token = shared.commit(known, name)
        assert (shared.observe(name).rollout, shared.observe(name).token) == (known, token)
        with pytest.raises(Unreachable):
            shared.serve(two)
        assert shared.answers(name, 1)
    finally:
        socket.with_name("elsewhere").rename(socket)
    shared.observe(name)
    until(lambda: shared.answers(name, 2), what="what was recorded is served")
